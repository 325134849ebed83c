/**
 * Sends beats with the payloads 0, 1, 2 and so on at a steady rate, and prints how
 * many were dropped before they were sent: `flooder.ts PATH BEATS RATE`, with the
 * rate in sent beats a second.
 *
 * @module
 */

import { Status, Varta } from "../../../mod.ts";

const RETRY_DELAY = 0.05; // ms, while the queue is full

const [path, beats, rate] = Deno.args;
const never = new Int32Array(new SharedArrayBuffer(4));
using agent = Varta.connect(path, { version: 2 });
const start = performance.now();
let dropped = 0;
for (let sent = 0; sent < Number(beats);) {
  const early = start + sent * 1e3 / Number(rate) - performance.now();
  if (early > 0) Atomics.wait(never, 0, 0, early);
  const outcome = agent.beat(Status.Ok, sent);
  if (outcome.kind === "sent") {
    sent++;
  } else if (
    outcome.kind === "dropped" && outcome.reason === "kernel-queue-full"
  ) {
    dropped++;
    Atomics.wait(never, 0, 0, RETRY_DELAY);
  } else throw new Error(JSON.stringify(outcome));
}
console.log(dropped);
