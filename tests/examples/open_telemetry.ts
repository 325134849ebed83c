/**
 * Exports the counters of a heartbeat as metrics of OpenTelemetry, without a
 * package: `Deno.telemetry.meterProvider` is a `MeterProvider` of the
 * OpenTelemetry API. It needs Deno 2.4 or later.
 *
 * The metrics go to `http://localhost:4318` once a minute;
 * `OTEL_EXPORTER_OTLP_ENDPOINT` and `OTEL_METRIC_EXPORT_INTERVAL` change that.
 * Without `OTEL_DENO=true`, `getMeter` fails.
 *
 * ```sh
 * OTEL_DENO=true deno run --allow-ffi tests/examples/open_telemetry.ts
 * ```
 *
 * @module
 */

import { startHeartbeat, Varta } from "jsr:@varta/client";

/** What this example uses of the OpenTelemetry API: Deno has no type for it. */
interface ObservableResult {
  observe(value: number, attributes?: Record<string, string>): void;
}

const agent = Varta.connect("/tmp/varta.sock", {
  version: 2,
  lazy: true,
  reconnectAfter: 1,
});
const { counters } = startHeartbeat(agent, { interval: 1_000, ref: true });

const meter = Deno.telemetry.meterProvider.getMeter("varta_client");
meter.createObservableCounter("varta_client.beats", { unit: "{beat}" })
  .addCallback((result: ObservableResult) => {
    const { sent, dropped, failed } = counters;
    result.observe(sent, { outcome: "sent" });
    for (const [reason, count] of Object.entries(dropped)) {
      result.observe(count, { outcome: "dropped", reason });
    }
    result.observe(failed, { outcome: "failed" });
  });
meter.createObservableCounter("varta_client.reconnects")
  .addCallback((result: ObservableResult) =>
    result.observe(counters.reconnects)
  );
