/**
 * Tests of a service that beats. An `Observer` receives the beats, and with
 * `FakeTime` no test waits. The observer rejects what `varta-watch` would ignore. A
 * copy needs `deno add jsr:@varta/client jsr:@std/assert jsr:@std/testing`.
 *
 * ```sh
 * deno test --allow-ffi tests/examples/service_test.ts
 * ```
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { FakeTime } from "@std/testing/time";
import { startHeartbeat, Status, Varta } from "@varta/client";
import { Observer } from "@varta/client/observer";

const PATH = `/tmp/service-test-${Deno.pid}.sock`;

/** The service: it is Degraded while more than two jobs wait. */
function startService(path: string, queue: string[]): Disposable {
  const agent = Varta.connect(path, { version: 2, nonce: "clock" });
  const heartbeat = startHeartbeat(agent, {
    interval: 1_000,
    check: () => ({
      status: queue.length > 2 ? Status.Degraded : Status.Ok,
      payload: queue.length,
    }),
  });
  return {
    [Symbol.dispose]() {
      heartbeat.stop();
      agent.close();
    },
  };
}

/** The statuses and payloads of the beats that have come. */
function receive(observer: Observer): [Status, bigint][] {
  const beats: [Status, bigint][] = [];
  for (let next; (next = observer.receive()) !== null;) {
    if (next.kind === "rejected") throw new Error(next.reason);
    beats.push([next.frame.status, next.frame.payload]);
  }
  return beats;
}

Deno.test("startService() beats Degraded while many jobs wait", async () => {
  using time = new FakeTime();
  using observer = Observer.bind(PATH, { version: 2 });
  const queue: string[] = [];
  using _service = startService(PATH, queue);
  assertEquals(receive(observer), [[Status.Ok, 0n]]);

  queue.push("a", "b", "c");
  await time.tickAsync(1_000);
  assertEquals(receive(observer), [[Status.Degraded, 3n]]);
});
