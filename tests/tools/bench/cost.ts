/**
 * Measures what one beat a second costs a service: the time that the processor
 * works for processes that do nothing, have a timer, beat by that timer, or call
 * `startHeartbeat()`. They run at the same time.
 *
 * @module
 */

import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import { startHeartbeat, Status, Varta } from "../../../mod.ts";
import { Observer } from "../../../src/observer/mod.ts";
import { resultOf } from "../../support/process.ts";
import { readRequest, type Result } from "./request.ts";

const INTERVAL = 1_000;
/** How long a process runs before it is measured. */
const WARM_UP = 3_000;

const kinds: Record<string, (agent: Varta) => void> = {
  idle: () => {},
  timer: () => setInterval(() => {}, INTERVAL),
  beat: (agent) => setInterval(() => agent.beat(Status.Ok), INTERVAL),
  heartbeat: (agent) =>
    startHeartbeat(agent, { interval: INTERVAL, check: () => Status.Ok }),
};

const { seconds } = readRequest();
const [, path, kind] = Deno.args;
if (kind === undefined) {
  console.log(JSON.stringify(await measureAll()));
} else {
  kinds[kind](Varta.connect(path, { version: 2 }));
  console.log(await measureProcessor());
}
Deno.exit();

/** Returns the microseconds that the processor works for this process each second. */
async function measureProcessor(): Promise<number> {
  await delay(WARM_UP);
  const before = process.cpuUsage();
  await delay(seconds * 1e3);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / seconds;
}

async function measureAll(): Promise<Result> {
  const path = `${readRequest().folder}/cost-${Deno.pid}`;
  const observer = Observer.bind(path);
  const receiving = Array.fromAsync(observer);
  const [idle, timer, beat, heartbeat] = await Promise.all(
    Object.keys(kinds).map((kind) =>
      resultOf<number>(
        import.meta.url,
        [Deno.args[0], path, kind],
        ["--allow-all"],
      )
    ),
  );
  observer.close();
  await receiving;
  const name = "one beat a second, work of the processor in a second";
  const unit = " µs";
  return {
    figures: [
      { name: `${name}: startHeartbeat()`, value: heartbeat - idle, unit },
      {
        name: "the same, as a share of a core",
        value: (heartbeat - idle) / 1e4,
        unit: " %",
      },
      { name: `${name}: the beat alone`, value: beat - timer, unit },
    ],
  };
}
