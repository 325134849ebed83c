/**
 * A service of systemd that also beats to an observer. One heartbeat pings the
 * watchdog of systemd and beats, so both get the result of the same check. Outside
 * of a service it only beats.
 *
 * The README has the unit. Its `WatchdogSec=10` makes the interval 5 seconds, so the
 * threshold of the observer should be at least 11 seconds.
 *
 * ```sh
 * deno run --allow-net --allow-ffi --allow-env=NOTIFY_SOCKET,WATCHDOG_USEC,WATCHDOG_PID tests/examples/systemd.ts
 * ```
 *
 * @module
 */

import { setTimeout as delay } from "node:timers/promises";
import { startHeartbeat, Status, Varta } from "jsr:@varta/client";
import { notify, SystemdWatchdog } from "jsr:@varta/client/systemd";

let pending = 0;
const server = Deno.serve({
  port: 8000,
  onListen: () => notify({ ready: true }),
}, async () => {
  pending++;
  await delay(100); // the work of the service
  pending--;
  return new Response("Hello");
});

const agent = Varta.connect("/tmp/varta.sock", {
  version: 2,
  lazy: true,
  reconnectAfter: 1,
});

// Before the first beat: without a listener, the signal ends the process.
Deno.addSignalListener("SIGTERM", async () => {
  notify({ stopping: true });
  await server.shutdown();
  heartbeat.stop();
  agent.beatTerminal();
  Deno.exit();
});

const watchdog = SystemdWatchdog.connect();
const heartbeat = startHeartbeat(watchdog ? [agent, watchdog] : agent, {
  interval: watchdog?.interval ?? 5_000,
  check: () => ({
    status: pending > 100 ? Status.Degraded : Status.Ok,
    payload: pending,
  }),
});
