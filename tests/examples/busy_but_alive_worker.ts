/**
 * The Worker of `busy_but_alive.ts`: it beats while a shared counter moves.
 *
 * @module
 */

import { Status, Varta } from "jsr:@varta/client";

declare const self: Worker;

/** The number of beats after which it is silent if the counter stands still. */
const LIMIT = 10;

self.onmessage = ({ data: counter }: MessageEvent<Uint32Array>) => {
  const agent = Varta.connect("/tmp/varta.sock", {
    version: 2,
    lazy: true,
    reconnectAfter: 1,
  });
  let last = 0;
  let still = 0;
  setInterval(() => {
    const count = Atomics.load(counter, 0);
    still = count === last ? still + 1 : 0;
    last = count;
    if (still > LIMIT) return;
    agent.beat(still === 0 ? Status.Ok : Status.Degraded, count);
  }, 1_000);
  self.postMessage("ready");
};
