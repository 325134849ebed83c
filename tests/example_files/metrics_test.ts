import { assertEquals, assertGreaterOrEqual } from "@std/assert";
import { parseMetrics } from "../interop/metrics.ts";
import { freePort } from "../interop/varta_watch.ts";
import { ExampleFile, request, serveAt } from "../support/example_file.ts";
import { TestObserver } from "../support/observer.ts";
import { TestFolder } from "../support/test_folder.ts";
import { testUnless } from "../support/test_unless.ts";
import { until } from "../support/until.ts";

Deno.test("metrics.ts has the counters of its heartbeat at /metrics", async () => {
  using folder = new TestFolder();
  using observer = new TestObserver();
  const port = freePort();
  await using _example = new ExampleFile("metrics.ts", folder, observer.path, {
    replacements: serveAt(port),
  });
  const page = async () => {
    const response = await request(port, "/metrics");
    assertEquals(
      response.headers.get("content-type"),
      "text/plain; version=0.0.4",
    );
    return parseMetrics(await response.text());
  };
  const dropped = (reason: string) =>
    `varta_client_beats_total{outcome="dropped",reason="${reason}"}`;
  const sent = 'varta_client_beats_total{outcome="sent"}';
  const reconnects = "varta_client_reconnects_total";
  assertEquals([...(await page()).keys()], [
    sent,
    dropped("kernel-queue-full"),
    dropped("no-observer"),
    dropped("peer-gone"),
    dropped("storage-full"),
    dropped("out-of-memory"),
    'varta_client_beats_total{outcome="failed"}',
    reconnects,
    "varta_client_late_total",
    "varta_client_lag_seconds",
  ]);
  const frame = await until("a beat", () => observer.receive());
  assertGreaterOrEqual((await page()).get(sent)!, Number(frame.nonce));

  observer.stop();
  await until("a drop", async () => (await page()).get(dropped("no-observer")));
  observer.start();
  await until("a reconnect", async () => (await page()).get(reconnects));
  assertEquals(await (await request(port)).text(), "Hello");
});

/** A part of a request to export metrics, as JSON. */
interface Scope {
  scope: { name: string };
  metrics: Metric[];
}

interface Metric {
  name: string;
  sum: { dataPoints: { attributes: Attribute[]; asDouble: number }[] };
}

interface Attribute {
  key: string;
  value: { stringValue: string };
}

testUnless(
  "telemetry" in Deno
    ? undefined
    : "there is no Deno.telemetry before Deno 2.4",
  "open_telemetry.ts exports the counters of its heartbeat",
  async () => {
    using folder = new TestFolder();
    using observer = new TestObserver();
    const exported = new Map<string, number>();
    await using collector = Deno.serve({
      hostname: "127.0.0.1",
      port: 0,
      onListen: () => {},
    }, async (request) => {
      const { resourceMetrics } = await request.json();
      // Deno also exports metrics of its own.
      const metrics = (resourceMetrics[0].scopeMetrics as Scope[])
        .find(({ scope }) => scope.name === "varta_client")?.metrics ?? [];
      for (const { name, sum } of metrics) {
        for (const { attributes, asDouble } of sum.dataPoints) {
          const values = attributes.map(({ value }) => value.stringValue);
          exported.set([name, ...values.sort()].join(" "), asDouble);
        }
      }
      return Response.json({});
    });
    await using _example = new ExampleFile(
      "open_telemetry.ts",
      folder,
      observer.path,
      {
        replacements: { "interval: 1_000": "interval: 20" },
        env: {
          OTEL_EXPORTER_OTLP_ENDPOINT:
            `http://127.0.0.1:${collector.addr.port}`,
          OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
          OTEL_METRIC_EXPORT_INTERVAL: "50",
        },
      },
    );
    await until("sent beats", () => exported.get("varta_client.beats sent"));
    observer.stop();
    await until(
      "a drop",
      () => exported.get("varta_client.beats dropped no-observer"),
    );
    observer.start();
    await until("a reconnect", () => exported.get("varta_client.reconnects"));
    assertEquals(exported.get("varta_client.beats failed"), 0);
  },
);
