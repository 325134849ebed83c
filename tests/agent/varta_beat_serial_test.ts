import {
  assert,
  assertEquals,
  assertGreaterOrEqual,
  assertStrictEquals,
  assertStringIncludes,
} from "@std/assert";
import { MonotonicClock, monotonicNow } from "../../ffi/monotonic_clock.ts";
import { system } from "../../ffi/system.ts";
import {
  type BeatOutcome,
  classifySendError,
  decodeFrame,
  Status,
  Varta,
  type VlpVersion,
} from "../../mod.ts";
import { libraryPath } from "../support/library_path.ts";
import { TestObserver } from "../support/observer.ts";
import { describeOutcome } from "../support/outcomes.ts";
import { canTrace, isEmulated, resultOf } from "../support/process.ts";
import { ScriptedEndpoint } from "../support/scripted_endpoint.ts";
import { traceBeats } from "../support/system_calls.ts";
import { TestFolder } from "../support/test_folder.ts";
import { testUnless } from "../support/test_unless.ts";

const { errno } = system;
const VERSIONS = [1, 2] as const;
const isLinux = Deno.build.os === "linux";

/** Asserts that a beat sends this payload, in this version. */
function assertDelivers(version: VlpVersion, payload: number | bigint) {
  using observer = new TestObserver();
  using agent = Varta.connect(observer.path, { version });
  assertEquals(agent.beat(Status.Ok, payload), { kind: "sent" });
  assertEquals(observer.receive()?.payload, BigInt(payload));
}

/** Asserts that a beat fails with EINVAL, and has no other effect. */
function assertRefuses(version: VlpVersion, status: unknown, payload: unknown) {
  using observer = new TestObserver();
  using agent = Varta.connect(observer.path, { version, reconnectAfter: 9 });
  using filler = Varta.connect(observer.path);
  while (filler.beat(Status.Ok).kind === "sent");
  agent.beat(Status.Ok);
  agent.beat(Status.Ok);
  const before = Deno.inspect(agent);
  assertStringIncludes(before, "nonce: 2, drops: 2,");
  const outcome = agent.beat(status as Status, payload as number);
  assertStrictEquals(outcome, classifySendError(errno.EINVAL));
  assertEquals(Deno.inspect(agent), before);
  observer.receiveAll();
  assertStrictEquals(agent.beat(status as Status, payload as number), outcome);
  assertEquals(observer.receive(), undefined);
}

Deno.test("Varta.beat() sends one frame of 32 bytes with every field", () => {
  for (const version of VERSIONS) {
    using observer = new TestObserver();
    const start = version === 1 ? monotonicNow() : 0n;
    using agent = Varta.connect(observer.path, { version });
    const before = monotonicNow();
    assertEquals(agent.beat(Status.Degraded, 7), { kind: "sent" });
    const after = monotonicNow();
    const bytes = observer.receiveBytes()!;
    assertEquals(bytes.length, 32);
    const { timestamp, ...frame } = decodeFrame(bytes);
    assertEquals(frame, {
      version,
      status: Status.Degraded,
      pid: Deno.pid,
      nonce: 1n,
      payload: 7n,
    });
    // In version 1 since the connect, in version 2 the system's clock itself.
    if (version === 2) assert(timestamp >= before, `${timestamp}`);
    assert(timestamp <= after - start, `${timestamp}`);
    assertEquals(observer.receive(), undefined);
  }
});

Deno.test("Varta.beat() carries nonce 1 first, then one more each time", () => {
  using observer = new TestObserver();
  using agent = Varta.connect(observer.path);
  for (let nonce = 1n; nonce <= 1_000n; nonce++) {
    agent.beat(Status.Ok);
    assertEquals(observer.receive()?.nonce, nonce);
  }
});

Deno.test("Varta.beat() sends Ok, Degraded and Critical", () => {
  using observer = new TestObserver();
  using agent = Varta.connect(observer.path);
  for (const status of [Status.Ok, Status.Degraded, Status.Critical]) {
    agent.beat(status);
    assertEquals(observer.receive()?.status, status);
  }
});

Deno.test("Varta.beat() sends payload 0 if none is given", () => {
  using observer = new TestObserver();
  using agent = Varta.connect(observer.path);
  agent.beat(Status.Ok, 2n ** 64n - 1n);
  agent.beat(Status.Ok);
  agent.beat(Status.Ok, 2n ** 64n - 1n);
  agent.beat(Status.Ok, undefined);
  const payloads = observer.receiveAll().map(({ payload }) => payload);
  assertEquals(payloads, [2n ** 64n - 1n, 0n, 2n ** 64n - 1n, 0n]);
});

Deno.test("Varta.beat() sends every payload of 64 bits in version 1", () => {
  const numbers = [0, -0, 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1];
  const bigints = [0n, 2n ** 32n, 2n ** 53n + 1n, 2n ** 63n, 2n ** 64n - 1n];
  for (const payload of [...numbers, ...bigints]) assertDelivers(1, payload);
});

Deno.test("Varta.beat() sends every payload of 32 bits in version 2", () => {
  const payloads = [0, 1, 2 ** 31, 2 ** 32 - 1, 0n, 2n ** 32n - 1n];
  for (const payload of payloads) assertDelivers(2, payload);
});

Deno.test("Varta.beat() refuses a status that no agent sends", () => {
  const statuses = [3, 4, -1, 0.5, NaN, "0", null, undefined, {}, 0n, true];
  for (const version of VERSIONS) {
    for (const status of statuses) assertRefuses(version, status, 0);
  }
});

Deno.test("Varta.beat() refuses a payload that is no integer or does not fit", () => {
  const never = [-1, -1n, 0.5, NaN, Infinity, -Infinity, 2 ** 53];
  const wrong = ["1", null, {}, [], true, Symbol("1"), () => 1];
  for (const payload of [...never, ...wrong, 2n ** 64n]) {
    assertRefuses(1, Status.Ok, payload);
  }
  for (const payload of [...never, ...wrong, 2 ** 32, 2n ** 32n]) {
    assertRefuses(2, Status.Ok, payload);
  }
});

Deno.test("Varta.beat() never throws, whatever its input is", () => {
  using observer = new TestObserver();
  using agent = Varta.connect(observer.path);
  const hostile = {
    valueOf() {
      throw new Error("valueOf was called");
    },
  };
  const proxy = new Proxy({}, {
    get() {
      throw new Error("get was called");
    },
  });
  for (const value of [hostile, proxy, Object(1n), Object(1)]) {
    assertEquals(agent.beat(value as Status).kind, "failed");
    assertEquals(agent.beat(Status.Ok, value as number).kind, "failed");
  }
});

Deno.test("Varta.beat() sends the nanoseconds since connect()", async () => {
  using observer = new TestObserver();
  const before = performance.now();
  using agent = Varta.connect(observer.path);
  const connected = performance.now();
  await new Promise((resolve) => setTimeout(resolve, 30));
  const waited = performance.now() - connected;
  agent.beat(Status.Ok);
  const elapsed = performance.now() - before;
  const milliseconds = Number(observer.receive()!.timestamp) / 1e6;
  // Both clocks run alike; performance.now() may be coarse to 1 ms.
  assertGreaterOrEqual(milliseconds, waited - 1);
  assertGreaterOrEqual(elapsed + 1, milliseconds);
});

Deno.test("Varta.beat() sends later and later timestamps", () => {
  using observer = new TestObserver();
  using agent = Varta.connect(observer.path);
  let last = 0n;
  for (let i = 0; i < 1_000; i++) {
    agent.beat(Status.Ok);
    const { timestamp } = observer.receive()!;
    assert(timestamp > last);
    last = timestamp;
  }
});

Deno.test("Varta.beat() sends timestamps above 2^53 exactly", () => {
  const endpoint = new ScriptedEndpoint();
  // 365 days before now, modulo 2^32 seconds.
  const year = 365n * 86_400n * 1_000_000_000n;
  const wrap = 2n ** 32n * 1_000_000_000n;
  const start = (monotonicNow() - year + wrap) % wrap;
  const agent = endpoint.createAgent({ clock: new MonotonicClock(start) });
  endpoint.sends.push(0, 0);
  agent.beat(Status.Ok);
  agent.beat(Status.Ok);
  const most = monotonicNow() - start + (start > monotonicNow() ? wrap : 0n);
  const [first, second] = endpoint.attempts.map(({ bytes }) =>
    decodeFrame(bytes).timestamp
  );
  assert(year <= first && first < second && second <= most);
});

Deno.test("Varta.beat() is dropped as kernel-queue-full if the queue is full", () => {
  using observer = new TestObserver();
  using agent = Varta.connect(observer.path);
  let outcome: BeatOutcome = { kind: "sent" };
  let beats = 0;
  for (; outcome.kind === "sent"; beats++) outcome = agent.beat(Status.Ok);
  assertEquals(outcome, {
    kind: "dropped",
    reason: "kernel-queue-full",
    errno: errno.EAGAIN,
    code: "EAGAIN",
  });
  assertEquals(observer.receiveAll().length, beats - 1);
  assertEquals(agent.beat(Status.Ok), { kind: "sent" });
  assertEquals(observer.receive()?.nonce, BigInt(beats + 1));
});

testUnless(
  isLinux ? undefined : "other systems have other numbers",
  "Varta.beat() is dropped as no-observer, then as peer-gone",
  () => {
    using observer = new TestObserver();
    using agent = Varta.connect(observer.path);
    observer.stop();
    assertEquals([1, 2, 3].map(() => describeOutcome(agent.beat(Status.Ok))), [
      "dropped no-observer ECONNREFUSED",
      "dropped peer-gone ENOTCONN",
      "dropped peer-gone ENOTCONN",
    ]);
  },
);

Deno.test("Varta.beat() goes on if the socket's file is removed", () => {
  using observer = new TestObserver();
  using agent = Varta.connect(observer.path);
  observer.removeFile();
  assertEquals(agent.beat(Status.Ok), { kind: "sent" });
  assertEquals(observer.receive()?.nonce, 1n);
});

Deno.test("Varta.beat() returns the same frozen object for the same outcome", () => {
  using observer = new TestObserver();
  using agent = Varta.connect(observer.path);
  const sent = agent.beat(Status.Ok);
  assertStrictEquals(agent.beat(Status.Ok), sent);
  assert(Object.isFrozen(sent));
  observer.stop();
  const outcome = agent.beat(Status.Ok);
  assert(outcome.kind === "dropped");
  assertStrictEquals(outcome, classifySendError(outcome.errno));
});

Deno.test("Varta.beat() does not disturb another agent", () => {
  using one = new TestObserver();
  using other = new TestObserver();
  using first = Varta.connect(one.path);
  using second = Varta.connect(other.path, { version: 2 });
  first.beat(Status.Ok, 1);
  second.beat(Status.Ok, 2);
  first.beat(Status.Ok, 3);
  const payloads = (observer: TestObserver) =>
    observer.receiveAll().map(({ nonce, payload }) => [nonce, payload]);
  assertEquals(payloads(one), [[1n, 1n], [2n, 3n]]);
  assertEquals(payloads(other), [[1n, 2n]]);
});

testUnless(
  libraryPath === undefined ? "the C library's path is unknown" : undefined,
  "Varta.beat() reads errno if FFI is granted for a path",
  async () => {
    using observer = new TestObserver();
    const results = await resultOf(
      import.meta.resolve("./programs/connect.ts"),
      [JSON.stringify([[observer.path]])],
      [`--allow-ffi=${libraryPath}`],
    );
    assertEquals(results, ["EAGAIN"]);
  },
);

testUnless(
  isEmulated ? "an emulator takes minutes for it" : undefined,
  "Varta.beat() allocates nothing, whatever the outcome is",
  async () => {
    using folder = new TestFolder();
    const { garbage, ...perBeat } = await resultOf<Record<string, number>>(
      import.meta.resolve("./programs/heap.ts"),
      [folder.file("read"), folder.file("full")],
      ["--allow-all"],
    );
    assertEquals(Object.keys(perBeat).length, 14);
    for (const [kind, bytes] of Object.entries(perBeat)) {
      assert(bytes <= 0.05, `${kind}: ${bytes}`);
    }
    // The garbage of a program would be seen.
    assertGreaterOrEqual(garbage, 1);
  },
);

testUnless(
  !isLinux || !canTrace()
    ? "strace cannot be run"
    // There no page is wiped on fork, so each beat also calls getpid.
    : isEmulated
    ? "an emulator makes system calls of its own"
    : undefined,
  "Varta.beat() makes one system call, a send of 32 bytes",
  async () => {
    using folder = new TestFolder();
    const beats = 1_000;
    const calls = await traceBeats(folder.file("socket"), beats);
    const sends = calls!.filter((call) =>
      /^sendto\(\d+, "VA.*, 32, MSG_NOSIGNAL, NULL, 0\) = 32$/.test(call)
    );
    assertEquals(sends.length, beats);
    // Now and then V8 wakes its own threads.
    assertGreaterOrEqual(beats / 50, calls!.length - beats);
  },
);
