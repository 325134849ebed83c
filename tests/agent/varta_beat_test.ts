import {
  assert,
  assertEquals,
  assertGreaterOrEqual,
  assertStrictEquals,
} from "@std/assert";
import { monotonicNow } from "../../ffi/monotonic_clock.ts";
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
import { TestFolder, TestObserver } from "../support/observer.ts";
import {
  canTrace,
  FFI,
  isEmulated,
  MODULE,
  runDeno,
} from "../support/process.ts";
import { ScriptedEndpoint, stateOf } from "../support/scripted_endpoint.ts";
import { traceBeats } from "../support/system_calls.ts";

const { errno } = system;
const VERSIONS = [1, 2] as const;

/** Asserts that a beat sends this payload, in this version. */
function assertDelivers(
  version: VlpVersion,
  payload: number | bigint,
) {
  using observer = new TestObserver();
  using agent = Varta.connect(observer.path, { version });
  assertEquals(agent.beat(Status.Ok, payload), { kind: "sent" });
  assertEquals(observer.receive()?.payload, BigInt(payload));
}

/** Asserts that a beat is refused, and that nothing else came of it. */
function assertRefuses(
  version: VlpVersion,
  status: unknown,
  payload: unknown,
) {
  using observer = new TestObserver();
  using agent = Varta.connect(observer.path, { version, reconnectAfter: 9 });
  const filler = Varta.connect(observer.path);
  while (filler.beat(Status.Ok).kind === "sent");
  agent.beat(Status.Ok);
  agent.beat(Status.Ok);
  const before = stateOf(agent);
  assertEquals(before, { nonce: 2n, drops: 2 });
  const outcome = agent.beat(status as Status, payload as number);
  assertStrictEquals(outcome, classifySendError(errno.EINVAL));
  assertEquals(stateOf(agent), before);
  observer.receiveAll();
  assertStrictEquals(agent.beat(status as Status, payload as number), outcome);
  assertEquals(observer.receive(), undefined);
  filler.close();
}

Deno.test("Varta.beat() sends one frame with every field as the contract says", () => {
  for (const version of VERSIONS) {
    using observer = new TestObserver();
    using agent = Varta.connect(observer.path, { version });
    assertEquals(agent.beat(Status.Degraded, 7), { kind: "sent" });
    const { timestamp, ...frame } = observer.receive()!;
    assertEquals(frame, {
      version,
      status: Status.Degraded,
      pid: Deno.pid,
      nonce: 1n,
      payload: 7n,
    });
    assert(timestamp < 10_000_000_000n);
    assertEquals(observer.receive(), undefined);
  }
});

Deno.test("Varta.beat() sends exactly 32 bytes", () => {
  using observer = new TestObserver();
  using agent = Varta.connect(observer.path);
  agent.beat(Status.Ok);
  assertEquals(observer.receiveBytes()?.length, 32);
});

Deno.test("Varta.beat() carries 1 first, and then one more each time", () => {
  using observer = new TestObserver();
  using agent = Varta.connect(observer.path);
  for (let nonce = 1n; nonce <= 1_000n; nonce++) {
    agent.beat(Status.Ok);
    assertEquals(observer.receive()?.nonce, nonce);
  }
});

Deno.test("Varta.beat() sends each status that an agent may say", () => {
  using observer = new TestObserver();
  using agent = Varta.connect(observer.path);
  for (const status of [Status.Ok, Status.Degraded, Status.Critical]) {
    agent.beat(status);
    assertEquals(observer.receive()?.status, status);
  }
});

Deno.test("Varta.beat() sends payload 0 where none is given", () => {
  using observer = new TestObserver();
  using agent = Varta.connect(observer.path);
  agent.beat(Status.Ok, 2n ** 64n - 1n);
  agent.beat(Status.Ok);
  agent.beat(Status.Ok, 2n ** 64n - 1n);
  agent.beat(Status.Ok, undefined);
  const payloads = observer.receiveAll().map(({ payload }) => payload);
  assertEquals(payloads, [2n ** 64n - 1n, 0n, 2n ** 64n - 1n, 0n]);
});

Deno.test("Varta.beat() sends every payload that fits 64 bits in version 1", () => {
  const numbers = [0, -0, 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1];
  const bigints = [0n, 2n ** 32n, 2n ** 53n + 1n, 2n ** 63n, 2n ** 64n - 1n];
  for (const payload of [...numbers, ...bigints]) assertDelivers(1, payload);
});

Deno.test("Varta.beat() sends every payload that fits 32 bits in version 2", () => {
  const payloads = [0, 1, 2 ** 31, 2 ** 32 - 1, 0n, 2n ** 32n - 1n];
  for (const payload of payloads) assertDelivers(2, payload);
});

Deno.test("Varta.beat() refuses a status that no agent says", () => {
  const statuses = [3, 4, -1, 0.5, NaN, "0", null, undefined, {}, 0n, true];
  for (const version of VERSIONS) {
    for (const status of statuses) assertRefuses(version, status, 0);
  }
});

Deno.test("Varta.beat() refuses a payload that is not an integer from 0 that fits", () => {
  const never = [-1, -1n, 0.5, NaN, Infinity, -Infinity, 2 ** 53];
  const wrong = ["1", null, {}, [], true, Symbol("1"), () => 1];
  for (const payload of [...never, ...wrong, 2n ** 64n]) {
    assertRefuses(1, Status.Ok, payload);
  }
  for (const payload of [...never, ...wrong, 2 ** 32, 2n ** 32n]) {
    assertRefuses(2, Status.Ok, payload);
  }
});

Deno.test("Varta.beat() never throws, whatever it is given", () => {
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

Deno.test("Varta.beat() measures nanoseconds since connect()", async () => {
  using observer = new TestObserver();
  const before = performance.now();
  using agent = Varta.connect(observer.path);
  const connected = performance.now();
  await new Promise((resolve) => setTimeout(resolve, 30));
  const waited = performance.now() - connected;
  agent.beat(Status.Ok);
  const elapsed = performance.now() - before;
  const milliseconds = Number(observer.receive()!.timestamp) / 1e6;
  // Both clocks tick alike; performance.now() may be coarse to 1 ms.
  assertGreaterOrEqual(milliseconds, waited - 1);
  assertGreaterOrEqual(elapsed + 1, milliseconds);
});

Deno.test("Varta.beat() never sends an earlier timestamp behind a later one", () => {
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

Deno.test("Varta.beat() sends a timestamp beyond 2^53 to the nanosecond", () => {
  const year = 365 * 86_400;
  const since = performance.now();
  const { seconds, nanoseconds } = monotonicNow();
  const endpoint = new ScriptedEndpoint();
  const agent = endpoint.connect({
    start: { seconds: seconds - year, nanoseconds },
  });
  endpoint.sends.push(0, 0);
  agent.beat(Status.Ok);
  agent.beat(Status.Ok);
  const [first, second] = endpoint.attempts.map(({ bytes }) =>
    decodeFrame(bytes).timestamp - BigInt(year) * 1_000_000_000n
  );
  const most = Math.ceil((performance.now() - since + 1) * 1e6);
  assert(0n < first && first < second && second <= most);
});

Deno.test("Varta.beat() is dropped as kernel-queue-full, without waiting, where the queue is full", () => {
  using observer = new TestObserver();
  using agent = Varta.connect(observer.path);
  let outcome: BeatOutcome = { kind: "sent" };
  let sent = 0;
  for (; outcome.kind === "sent"; sent++) outcome = agent.beat(Status.Ok);
  assertEquals(outcome, {
    kind: "dropped",
    reason: "kernel-queue-full",
    errno: errno.EAGAIN,
    code: "EAGAIN",
  });
  assertEquals(observer.receiveAll().length, sent - 1);
  assertEquals(agent.beat(Status.Ok), { kind: "sent" });
  assertEquals(observer.receive()?.nonce, BigInt(sent + 1));
});

Deno.test(
  "Varta.beat() is dropped as no-observer and then peer-gone where the observer went",
  {
    ignore: Deno.build.os !== "linux",
  },
  () => {
    using observer = new TestObserver();
    using agent = Varta.connect(observer.path);
    observer.stop();
    const reasons = [1, 2, 3].map(() => {
      const outcome = agent.beat(Status.Ok);
      return outcome.kind === "dropped" && `${outcome.reason} ${outcome.code}`;
    });
    assertEquals(reasons, [
      "no-observer ECONNREFUSED",
      "peer-gone ENOTCONN",
      "peer-gone ENOTCONN",
    ]);
  },
);

Deno.test("Varta.beat() goes on where the socket's file is removed", () => {
  using observer = new TestObserver();
  using agent = Varta.connect(observer.path);
  observer.removeFile();
  assertEquals(agent.beat(Status.Ok), { kind: "sent" });
  assertEquals(observer.receive()?.nonce, 1n);
});

Deno.test("Varta.beat() answers with the same frozen object for the same outcome", () => {
  using observer = new TestObserver();
  using agent = Varta.connect(observer.path);
  const sent = agent.beat(Status.Ok);
  assertStrictEquals(agent.beat(Status.Ok), sent);
  assert(Object.isFrozen(sent));
  observer.stop();
  agent.beat(Status.Ok);
  assertStrictEquals(
    agent.beat(Status.Ok),
    classifySendError(errno.ENOTCONN),
  );
});

Deno.test("Varta.beat() works unbound from no agent but its own", () => {
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

Deno.test({
  name: "Varta.beat() reads errno right under a grant for the library's path",
  ignore: libraryPath === undefined,
  async fn() {
    using observer = new TestObserver();
    const { stdout } = await runDeno(
      `import { Varta } from "${MODULE}";
       const agent = Varta.connect("${observer.path}");
       let outcome;
       while ((outcome = agent.beat(0)).kind === "sent");
       console.log(outcome.code);`,
      [`--allow-ffi=${libraryPath}`],
    );
    assertEquals(stdout, "EAGAIN");
  },
});

/** Bytes of heap a beat that it takes, at most, to ask how large the heap is. */
const HEAP_QUERY_COST = 0.2;

/**
 * How many bytes a beat changes the heap of a child by, where each of its rounds
 * does `more`. Until V8 has compiled it all, and whenever it compiles anew,
 * numbers are objects: so of its stretches it is the first that leaves next to
 * nothing, or the last.
 */
async function changeOfHeap(more: string, stretches: number): Promise<number> {
  using folder = new TestFolder();
  const { stdout } = await runDeno(
    `import { Status, Varta } from "${MODULE}";
     import { createDatagramBuffer } from "${FFI}datagram_buffer.ts";
     import { ReceivingSocket } from "${FFI}receiving_socket.ts";
     import { unixAddress } from "${FFI}socket_address.ts";
     const read = "${folder.file("read")}";
     const full = "${folder.file("full")}";
     const observer = ReceivingSocket.bind(unixAddress(read));
     const idle = ReceivingSocket.bind(unixAddress(full));
     const senders = [1, 2].map((version) => ({
       agent: Varta.connect(read, { version }),
       ignored: Varta.connect(full, { version, reconnectAfter: 0 }),
       closed: Varta.connect(read, { version }),
     }));
     for (const { ignored, closed } of senders) {
       while (ignored.beat(Status.Ok).kind === "sent");
       closed.close();
     }
     const frame = createDatagramBuffer(32);
     let counts = {};
     const beats = (rounds) => {
       for (let i = 0; i < rounds; i++) {
         for (const { agent, ignored, closed } of senders) {
           agent.beat(Status.Ok, i);
           agent.beat(Status.Ok, 7n);
           if (agent.beat(Status.Stall).error.code === "EINVAL") counts.invalid++;
           if (ignored.beat(Status.Ok).kind === "dropped") counts.dropped++;
           if (closed.beat(Status.Ok).error.code === "EBADF") counts.closed++;
           ${more}
         }
         while (observer.receive(frame) === 32) counts.received++;
       }
     };
     const change = () => {
       const { heapUsed } = Deno.memoryUsage();
       beats(1_000);
       return Math.abs(Deno.memoryUsage().heapUsed - heapUsed);
     };
     let perBeat = Infinity;
     for (let stretch = 0; stretch < ${stretches} && perBeat > ${HEAP_QUERY_COST}; stretch++) {
       counts = { received: 0, invalid: 0, dropped: 0, closed: 0 };
       perBeat = 0;
       for (let i = 0; i < 20; i++) perBeat += change() / 200_000;
     }
     console.log(JSON.stringify({ ...counts, perBeat }));`,
    ["--allow-ffi"],
  );
  const { perBeat, ...counts } = JSON.parse(stdout);
  assertEquals(counts, {
    received: 80_000,
    invalid: 40_000,
    dropped: 40_000,
    closed: 40_000,
  });
  return perBeat;
}

Deno.test("Varta.beat() leaves nothing to collect, whatever becomes of the beat", async () => {
  assertGreaterOrEqual(HEAP_QUERY_COST, await changeOfHeap("", 200));
  // What a program leaves would show.
  assertGreaterOrEqual(await changeOfHeap("globalThis.garbage = [i];", 10), 5);
});

Deno.test({
  name: "Varta.beat() makes one system call, a send of 32 bytes",
  // An emulator's kernel wipes no page on fork, so the pid is asked for as well.
  ignore: Deno.build.os !== "linux" || !canTrace() || isEmulated,
  async fn() {
    using folder = new TestFolder();
    const beats = 1_000;
    const calls = await traceBeats(folder.file("socket"), beats);
    const sends = calls!.filter((call) =>
      /^sendto\(\d+, "VA.*, 32, MSG_NOSIGNAL, NULL, 0\) = 32$/.test(call)
    );
    assertEquals(sends.length, beats);
    // Now and then V8 wakes its own threads, whatever its program does.
    assertGreaterOrEqual(beats / 50, calls!.length - beats);
  },
});
