// Measures loops of an observer at the path in the argument. Prints the figures.

import { setTimeout as delay } from "node:timers/promises";
import { Status, Varta } from "../../../mod.ts";
import { Observer } from "../../../src/observer/mod.ts";

/** What the program prints. */
export interface IdleFigures {
  /** The processor time per time of this process while the loops wait. */
  idle: number;
  /** The times from beats to their arrivals in a loop, in ms, sorted. */
  latencies: number[];
}

const BEATS = 100;

/** Returns the processor time of all threads in ms, which proc(5) has in ns. */
function readRunTime(): number {
  let sum = 0;
  for (const { name } of Deno.readDirSync("/proc/self/task")) {
    try {
      const text = Deno.readTextFileSync(`/proc/self/task/${name}/schedstat`);
      sum += Number(text.split(" ")[0]) / 1e6;
    } catch (error) {
      // The thread has just ended.
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return sum;
}

if (import.meta.main) {
  const [path] = Deno.args;
  using observer = Observer.bind(path);
  using agent = Varta.connect(path);
  const beats = observer[Symbol.asyncIterator]();
  const stalls = observer.stalls(60_000).next();
  using other = Observer.bind(`${path}-other`);
  const never = other[Symbol.asyncIterator]().next();
  const latencies: number[] = [];
  for (let i = 0; i < BEATS; i++) {
    const next = beats.next();
    await delay(5);
    const sent = performance.now();
    agent.beat(Status.Ok);
    await next;
    latencies.push(performance.now() - sent);
  }
  const last = beats.next();
  await delay(200); // until the threads of the compiler rest
  const start = performance.now();
  const runTime = readRunTime();
  await delay(2_000);
  const idle = (readRunTime() - runTime) / (performance.now() - start);
  observer.close();
  other.close();
  await Promise.all([last, stalls, never]);
  latencies.sort((a, b) => a - b);
  const figures: IdleFigures = { idle, latencies };
  console.log(JSON.stringify(figures));
}
