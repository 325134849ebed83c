/**
 * A server with the counters of its heartbeat at `/metrics`, in the text format of
 * Prometheus. The values of `reason` are those of `outcome.reason`.
 *
 * The counters show what this process knows. Whether the observer counts the
 * beats, only the observer's own `/metrics` shows.
 *
 * ```sh
 * deno run --allow-ffi --allow-net tests/examples/metrics.ts
 * ```
 *
 * @module
 */

import {
  type HeartbeatCounters,
  startHeartbeat,
  Varta,
} from "jsr:@varta/client";

function format(counters: HeartbeatCounters): string {
  const { sent, dropped, failed, reconnects, late, lag } = counters;
  const drops = Object.entries(dropped).map(([reason, count]) =>
    `varta_client_beats_total{outcome="dropped",reason="${reason}"} ${count}`
  );
  return `# TYPE varta_client_beats_total counter
varta_client_beats_total{outcome="sent"} ${sent}
${drops.join("\n")}
varta_client_beats_total{outcome="failed"} ${failed}
# TYPE varta_client_reconnects_total counter
varta_client_reconnects_total ${reconnects}
# TYPE varta_client_late_total counter
varta_client_late_total ${late}
# TYPE varta_client_lag_seconds gauge
varta_client_lag_seconds ${lag / 1_000}
`;
}

const agent = Varta.connect("/tmp/varta.sock", {
  version: 2,
  lazy: true,
  reconnectAfter: 1,
});
const { counters } = startHeartbeat(agent, { interval: 1_000 });

const headers = { "content-type": "text/plain; version=0.0.4" };
Deno.serve(
  { port: 8000 },
  (request) =>
    new URL(request.url).pathname === "/metrics"
      ? new Response(format(counters), { headers })
      : new Response("Hello"),
);
