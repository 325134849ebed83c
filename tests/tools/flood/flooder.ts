/**
 * Sends beats at a steady rate, and prints the result: `flooder.ts PATH RATE
 * SECONDS`, with the rate in sent beats a second.
 *
 * @module
 */

import { Status, Varta } from "../../../mod.ts";

/** The result of a flooder. */
export interface FlooderResult {
  pid: number;
  sent: number;
  dropped: number;
  /** The sum of the nonces of the sent beats. */
  nonces: number;
}

const RETRY_DELAY = 0.05; // ms, while the queue is full

if (import.meta.main) {
  const [path, rate, seconds] = Deno.args;
  const total = Number(rate) * Number(seconds);
  const interval = 1e3 / Number(rate);
  const never = new Int32Array(new SharedArrayBuffer(4));
  using agent = Varta.connect(path, { version: 2 });
  let nonce = 0;
  let sent = 0;
  let nonces = 0;
  console.log("ready");
  await Deno.stdin.read(new Uint8Array(1));
  const start = performance.now();
  while (sent < total) {
    const early = start + sent * interval - performance.now();
    if (early > 0) Atomics.wait(never, 0, 0, early);
    nonce++;
    const outcome = agent.beat(Status.Ok, sent);
    if (outcome.kind === "sent") {
      sent++;
      nonces += nonce;
    } else if (
      outcome.kind === "dropped" && outcome.reason === "kernel-queue-full"
    ) {
      Atomics.wait(never, 0, 0, RETRY_DELAY);
    } else {
      throw new Error(Deno.inspect(outcome));
    }
  }
  const dropped = nonce - sent;
  const result: FlooderResult = { pid: Deno.pid, sent, dropped, nonces };
  console.log(JSON.stringify(result));
}
