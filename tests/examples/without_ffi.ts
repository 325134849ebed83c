/**
 * Beats without `--allow-ffi`, by `Deno.listenDatagram`. It needs Deno 2.8.3 or
 * later, and `--unstable-net`.
 *
 * If the observer is slow, its queue holds 11 beats (on Linux, by default). When it
 * is full, `send` waits, and the next beat waits too. If the observer does not run,
 * `send` rejects with `NotFound` or `ConnectionRefused`, and the beat is lost. The
 * first beat after the observer starts again arrives.
 *
 * ```sh
 * deno run --unstable-net --allow-write=/tmp/varta.sock --allow-net=unix:/tmp/varta.sock tests/examples/without_ffi.ts
 * ```
 *
 * @module
 */

import { encodeFrame, FRAME_LENGTH, Status } from "jsr:@varta/client";
import { setInterval as ticks } from "node:timers/promises";

const observer = { transport: "unixpacket", path: "/tmp/varta.sock" };
const socket = Deno.listenDatagram({ transport: "unixpacket" });
const bytes = new Uint8Array(FRAME_LENGTH);
let nonce = 0n;

for await (const _ of ticks(1_000)) {
  encodeFrame({
    version: 2,
    status: Status.Ok,
    pid: Deno.pid,
    timestamp: BigInt(Math.round(performance.now() * 1e6)),
    nonce: ++nonce,
    payload: 0n,
  }, bytes);
  try {
    await socket.send(bytes, observer as Deno.Addr);
  } catch (error) {
    console.error("The beat is lost:", error);
  }
}
