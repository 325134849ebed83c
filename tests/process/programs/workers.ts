// Prints what is left of Workers that have closed their agents and ended. The
// argument is the observer's path.

import { Status, Varta } from "../../../mod.ts";
import { countDatagramSockets } from "../../support/datagram_sockets.ts";
import { ReconnectingWorker } from "./reconnecting_worker.ts";

/** What this program prints. */
export interface Remains {
  sockets: number;
  /** The kilobytes that are wiped on fork. */
  wipedOnFork: [before: number, after: number];
}

const WORKERS = 50;

/** Counts the kilobytes of this process that are wiped on fork. */
function countWipedOnFork(): number {
  return Deno.readTextFileSync("/proc/self/smaps").split(/^VmFlags:/m)
    .reduce((sum, text, i, texts) => {
      const isWiped = /^.*\bwf\b/.test(texts[i + 1] ?? "");
      return sum + (isWiped ? Number(/^Size: +(\d+) kB/m.exec(text)![1]) : 0);
    }, 0);
}

const [path] = Deno.args;
using agent = Varta.connect(path);
agent.beat(Status.Ok); // reads the pid
const sockets = countDatagramSockets();
const before = countWipedOnFork();
for (let i = 0; i < WORKERS; i++) {
  const worker = new ReconnectingWorker();
  await worker.start(path);
  await worker.stop();
}
const result: Remains = {
  sockets: countDatagramSockets() - sockets,
  wipedOnFork: [before, countWipedOnFork()],
};
console.log(JSON.stringify(result));
