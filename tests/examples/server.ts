/**
 * A server that beats once a second. The payload of a beat is the number of
 * requests in progress. Above 100, the beat is Degraded. The server can start
 * before the observer, and finds it again after a restart.
 *
 * SIGTERM ends the server when all responses are sent. Until then it beats, and
 * then it sends the terminal beat. Leave the listener out under `--watch`, which
 * calls it at each change: `varta-watch` 0.2.0 ignores the beats after a terminal beat.
 *
 * ```sh
 * deno run --allow-ffi --allow-net tests/examples/server.ts
 * ```
 *
 * @module
 */

import { setTimeout as delay } from "node:timers/promises";
import { startHeartbeat, Status, Varta } from "jsr:@varta/client";

let pending = 0;
const server = Deno.serve({ port: 8000 }, async () => {
  pending++;
  await delay(100); // the work of the server
  pending--;
  return new Response("Hello");
});

const agent = Varta.connect("/tmp/varta.sock", {
  version: 2,
  lazy: true,
  reconnectAfter: 1,
  nonce: "clock",
});
const heartbeat = startHeartbeat(agent, {
  interval: 1_000,
  check: () => ({
    status: pending > 100 ? Status.Degraded : Status.Ok,
    payload: pending,
  }),
});

Deno.addSignalListener("SIGTERM", async () => {
  await server.shutdown();
  heartbeat.stop();
  agent.beatTerminal();
  Deno.exit();
});
