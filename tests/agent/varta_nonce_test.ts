import { assert, assertEquals } from "@std/assert";
import { MonotonicClock, monotonicNow } from "../../ffi/monotonic_clock.ts";
import { decodeFrame, Status, Varta } from "../../mod.ts";
import { TestObserver } from "../support/observer.ts";
import { ScriptedEndpoint } from "../support/scripted_endpoint.ts";
import { UdpObserver } from "../support/udp_observer.ts";

Deno.test('Varta.beat() with nonce "clock" carries the monotonic clock', () => {
  for (const version of [1, 2] as const) {
    using observer = new TestObserver();
    using agent = Varta.connect(observer.path, { version, nonce: "clock" });
    for (let i = 0; i < 100; i++) {
      const before = monotonicNow();
      agent.beat(Status.Ok);
      const { nonce } = observer.receive()!;
      assert(before <= nonce && nonce <= monotonicNow(), `${nonce}`);
    }
  }
});

Deno.test('Varta.beat() with nonce "clock" is above a previous agent\'s nonces', () => {
  using observer = new TestObserver();
  const nonces: bigint[] = [];
  for (let i = 0; i < 5; i++) {
    using agent = Varta.connect(observer.path, { nonce: "clock" });
    using other = Varta.connect(observer.path, { nonce: "clock" });
    for (const sender of [agent, other, agent]) {
      sender.beat(Status.Ok);
      nonces.push(observer.receive()!.nonce);
    }
  }
  for (let i = 1; i < nonces.length; i++) assert(nonces[i] > nonces[i - 1]);
});

Deno.test('Varta.beat() with nonce "clock" is always above its own last nonce', () => {
  const endpoint = new ScriptedEndpoint();
  const future = monotonicNow() + 3_600_000_000_000n;
  const agent = endpoint.createAgent({ nonceSource: "clock", nonce: future });
  endpoint.sends.push(0, 0, 0);
  for (let i = 0; i < 3; i++) agent.beat(Status.Ok);
  assertEquals(
    endpoint.attempts.map(({ bytes }) => decodeFrame(bytes).nonce),
    [future + 1n, future + 2n, future + 3n],
  );
});

Deno.test('Varta.beat() with nonce "clock" adds start and timestamp exactly', () => {
  const second = 1_000_000_000n;
  // Starts whose low halves carry into the high half at different times.
  for (const start of [0n, 2n ** 32n - 1n, 4n * second, 5n * second + 7n]) {
    const endpoint = new ScriptedEndpoint();
    const clock = new MonotonicClock(start);
    const agent = endpoint.createAgent({ nonceSource: "clock", clock });
    endpoint.sends.push(0);
    agent.beat(Status.Ok);
    const { nonce, timestamp } = decodeFrame(endpoint.attempts[0].bytes);
    assertEquals(nonce, start + timestamp);
  }
});

Deno.test('Varta.connectUdp() takes nonce "clock"', () => {
  using observer = new UdpObserver();
  using agent = Varta.connectUdp(observer.address, { nonce: "clock" });
  const before = monotonicNow();
  agent.beat(Status.Ok);
  assert(observer.receive()!.nonce >= before);
});
