import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { setTimeout as delay } from "node:timers/promises";
import { DatagramSocket } from "../../ffi/datagram_socket.ts";
import type { SystemError } from "../../ffi/failure.ts";
import { libc } from "../../ffi/libc.ts";
import type { Words } from "../../ffi/message.ts";
import { receivingLibc } from "../../ffi/receiving/receiving_libc.ts";
import { unixAddress } from "../../ffi/socket_address.ts";
import { system } from "../../ffi/system.ts";
import { type Frame, NONCE_TERMINAL, Status, Varta } from "../../mod.ts";
import { type Observation, Observer } from "../../src/observer/mod.ts";
import { collectGarbage } from "../support/exhaustion.ts";
import { encode } from "../support/frames.ts";
import { messageOf } from "../support/message.ts";
import { TestObserver } from "../support/observer.ts";
import { openDescriptors, settledDescriptors } from "../support/process.ts";
import { TestFolder } from "../support/test_folder.ts";
import { testUnless } from "../support/test_unless.ts";

const notLinux = Deno.build.os === "linux" ? undefined : "not Linux";
const notReported = system.SO_PASSCRED === 0
  ? "the system does not report senders"
  : undefined;
/** What an observation of this process has besides its other properties. */
const origin = notReported
  ? {}
  : { peer: { pid: Deno.pid, uid: Deno.uid()!, gid: Deno.gid()! } };

const { dup2 } = Deno.dlopen(system.libraryName, {
  dup2: { parameters: ["i32", "i32"], result: "i32" },
}).symbols;

/** An observer, an agent, and a socket that sends any bytes to the observer. */
class Scene implements Disposable {
  readonly #folder = new TestFolder();
  readonly path = this.#folder.file("socket");
  readonly observer: Observer;
  readonly agent: Varta;
  readonly #socket: DatagramSocket;

  constructor(options = {}) {
    this.observer = Observer.bind(this.path, options);
    this.agent = Varta.connect(this.path, { version: 2 });
    this.#socket = new DatagramSocket(unixAddress(this.path));
  }

  send(bytes: Uint8Array): void {
    assertEquals(this.#socket.send(messageOf(bytes)), undefined);
  }

  /** Sends a frame of this process. */
  sendFrame(fields: Partial<Frame>): void {
    this.send(encode({ version: 2, pid: Deno.pid, ...fields }));
  }

  [Symbol.dispose](): void {
    this.#socket.close();
    this.agent.close();
    this.observer.close();
    this.#folder[Symbol.dispose]();
  }
}

function nonceOf(observation: Observation | null | undefined): bigint {
  assert(observation?.kind === "beat");
  return observation.frame.nonce;
}

/** Receives an observation; returns the reason of a rejection, or `"beat"`. */
function receiveReason(observer: Observer): string | undefined {
  const observation = observer.receive();
  return observation?.kind === "rejected"
    ? observation.reason
    : observation?.kind;
}

/** Sends beats, each when there is room for it. */
async function sendBeats(agent: Varta, count: number): Promise<void> {
  for (let sent = 0; sent < count;) {
    if (agent.beat(Status.Ok).kind === "sent") sent++;
    else await delay(0);
  }
}

Deno.test("Observer.receive() returns one beat after another, or null", () => {
  using scene = new Scene();
  const { observer, agent } = scene;
  assertEquals(observer.receive(), null);
  agent.beat(Status.Degraded, 17);
  agent.beat(Status.Ok);
  const observation = observer.receive();
  assert(observation?.kind === "beat");
  assertEquals(observation, {
    kind: "beat",
    frame: {
      version: 2,
      status: Status.Degraded,
      pid: Deno.pid,
      timestamp: observation.frame.timestamp,
      nonce: 1n,
      payload: 17n,
    },
    ...origin,
  });
  assertEquals(nonceOf(observer.receive()), 2n);
  assertEquals(observer.receive(), null);
});

Deno.test("Observer.receive() rejects what is not a frame, with the reason", () => {
  using scene = new Scene();
  const frame = encode({ version: 2, pid: Deno.pid });
  const datagrams = [
    [new Uint8Array(0), "BadLength"],
    [frame.slice(0, 31), "BadLength"],
    [new Uint8Array([...frame, 0]), "BadLength"],
    [frame.with(0, 0), "BadMagic"],
    [frame.with(2, 3), "BadVersion"],
    [frame.with(24, 1), "BadCrc"],
  ] as const;
  for (const [bytes, reason] of datagrams) {
    scene.send(bytes);
    assertEquals(scene.observer.receive(), {
      kind: "rejected",
      reason,
      bytes: new Uint8Array(bytes),
      ...origin,
    });
  }
});

Deno.test("Observer.receive() keeps 64 bytes of a longer datagram", () => {
  using scene = new Scene();
  const bytes = Uint8Array.from({ length: 4_000 }, (_, i) => i);
  scene.send(bytes);
  const observation = scene.observer.receive();
  assert(observation?.kind === "rejected");
  assertEquals(observation.reason, "BadLength");
  assertEquals(observation.bytes, bytes.slice(0, 64));
});

Deno.test("Observer.receive() accepts either version, or only the one asked for", () => {
  const receiveVersions = (options: { version?: 1 | 2 }) => {
    using scene = new Scene(options);
    scene.sendFrame({ version: 1, nonce: 1n });
    scene.sendFrame({ version: 2, nonce: 2n });
    return [1, 2].map(() => receiveReason(scene.observer));
  };
  assertEquals(receiveVersions({}), ["beat", "beat"]);
  assertEquals(receiveVersions({ version: 1 }), ["beat", "BadVersion"]);
  assertEquals(receiveVersions({ version: 2 }), ["BadVersion", "beat"]);
});

testUnless(
  notReported,
  "Observer.receive() rejects a frame with another pid than its sender's",
  () => {
    using scene = new Scene();
    const bytes = encode({ version: 2, pid: Deno.pid + 1 });
    scene.send(bytes);
    assertEquals(scene.observer.receive(), {
      kind: "rejected",
      reason: "PidMismatch",
      bytes: new Uint8Array(bytes),
      ...origin,
    });
  },
);

Deno.test("Observer.receive() rejects beats that varta-watch ignores", () => {
  using scene = new Scene();
  const { observer, agent } = scene;
  for (let i = 0; i < 3; i++) agent.beat(Status.Ok);
  assertEquals([1, 2, 3].map(() => nonceOf(observer.receive())), [1n, 2n, 3n]);
  // A second agent in this process begins to count at 1.
  using second = Varta.connect(scene.path);
  for (let i = 0; i < 4; i++) second.beat(Status.Ok);
  const observation = observer.receive();
  assert(observation?.kind === "rejected");
  assertEquals(observation.reason, "OutOfOrder");
  assertEquals(observation.bytes.length, 32);
  assertEquals("peer" in observation, !notReported);
  assertEquals(
    [2, 3, 4].map(() => receiveReason(observer)),
    ["OutOfOrder", "OutOfOrder", "beat"],
  );
});

Deno.test("Observer.receive() compares nonces only of accepted frames", () => {
  using scene = new Scene({ version: 2 });
  scene.sendFrame({ version: 1, nonce: 9n });
  scene.send(encode({ version: 2, pid: Deno.pid, nonce: 9n }).with(31, 0));
  scene.sendFrame({ pid: Deno.pid + 1, nonce: 9n });
  for (let i = 0; i < 3; i++) scene.observer.receive();
  scene.sendFrame({ nonce: 5n });
  scene.sendFrame({ nonce: 4n });
  scene.sendFrame({ nonce: 6n });
  assertEquals(
    [5, 4, 6].map(() => receiveReason(scene.observer)),
    ["beat", "OutOfOrder", "beat"],
  );
});

Deno.test("Observer.receive() throws BadResource when the observer is closed", () => {
  using scene = new Scene();
  scene.observer.close();
  assertThrows(
    () => scene.observer.receive(),
    Deno.errors.BadResource,
    `Cannot receive at ${JSON.stringify(scene.path)}: the observer is closed`,
  );
});

Deno.test("Observer's loop gets beats as they arrive, until close()", async () => {
  using scene = new Scene();
  const { observer, agent } = scene;
  agent.beat(Status.Ok);
  const nonces: bigint[] = [];
  for await (const observation of observer) {
    nonces.push(nonceOf(observation));
    if (nonces.length === 3) observer.close();
    else setTimeout(() => agent.beat(Status.Ok), 5);
  }
  assertEquals(nonces, [1n, 2n, 3n]);
  for await (const _ of observer) throw new Error("The observer is closed");
});

Deno.test("Observer.close() ends waiting loops, and refuses beats at once", async () => {
  using scene = new Scene();
  const { observer, agent } = scene;
  const before = (await settledDescriptors()).length;
  const loops = [observer[Symbol.asyncIterator](), observer.stalls(1_000)];
  const ends = loops.map((loop) => loop.next());
  assertEquals(openDescriptors().length, before + 2);
  observer.close();
  // Another thread still uses them, so no other file must get their numbers.
  assertEquals(openDescriptors().length, before + 2);
  assertEquals(agent.beat(Status.Ok).kind, "dropped");
  assertThrows(() => observer.receive(), Deno.errors.BadResource);
  for (const end of ends) {
    assertEquals(await end, { done: true, value: undefined });
  }
  assertEquals(openDescriptors().length, before - 1);
});

Deno.test("Observer.close() discards what a loop has not returned yet", async () => {
  using scene = new Scene();
  const loop = scene.observer[Symbol.asyncIterator]();
  const first = loop.next();
  for (let i = 0; i < 3; i++) scene.agent.beat(Status.Ok);
  assertEquals(nonceOf((await first).value), 1n);
  scene.observer.close();
  assertEquals((await loop.next()).done, true);
});

Deno.test("Observer's loops all get what any of them or receive() gets", async () => {
  using scene = new Scene();
  const { observer, agent } = scene;
  const loops = [1, 2].map(() => observer[Symbol.asyncIterator]());
  const first = loops.map((loop) => loop.next());
  agent.beat(Status.Ok);
  const received = observer.receive();
  assertEquals(nonceOf(received), 1n);
  for (const { value } of await Promise.all(first)) {
    assertEquals(value, received);
  }
  await sendBeats(agent, 500);
  for (const loop of loops) {
    let last = 1n;
    for (let i = 0; i < 500; i++) {
      const nonce = nonceOf((await loop.next()).value);
      assert(nonce > last);
      last = nonce;
    }
    await loop.return!();
  }
});

Deno.test("Observer leaves beats to receive() when its loops have ended", async () => {
  using scene = new Scene();
  const { observer, agent } = scene;
  agent.beat(Status.Ok);
  for await (const observation of observer) {
    assertEquals(nonceOf(observation), 1n);
    break;
  }
  agent.beat(Status.Ok);
  await delay(20);
  assertEquals(nonceOf(observer.receive()), 2n);
});

Deno.test("Observer does not read while a loop stores 1,024 observations", async () => {
  using scene = new Scene();
  const { observer, agent } = scene;
  const slow = observer[Symbol.asyncIterator]();
  const first = slow.next();
  let sent = 0;
  let last = performance.now();
  while (performance.now() - last < 1_000 && sent < 10_000) {
    if (agent.beat(Status.Ok).kind === "sent") {
      sent++;
      last = performance.now();
    } else {
      await delay(2);
    }
  }
  // One that next() returned, 1,024 in the loop, and those in the kernel's queue.
  assertEquals(sent, 1 + 1_024 + queueLength());
  assertEquals(observer.receive(), null);
  await first;
  for (let i = 1; i < sent; i++) await slow.next();
  const next = slow.next();
  await sendBeats(agent, 1);
  assertEquals((await next).value.kind, "beat");
  await slow.return!();
});

/** Returns how many beats the kernel queues for an observer that reads none. */
function queueLength(): number {
  using observer = new TestObserver();
  using agent = Varta.connect(observer.path);
  let length = 0;
  while (agent.beat(Status.Ok).kind === "sent") length++;
  return length;
}

Deno.test("Observer's loop serves several next() in order; return() ends them", async () => {
  using scene = new Scene();
  const loop = scene.observer[Symbol.asyncIterator]();
  const three = [loop.next(), loop.next(), loop.next()];
  await sendBeats(scene.agent, 2);
  assertEquals(nonceOf((await three[0]).value), 1n);
  assertEquals(nonceOf((await three[1]).value), 2n);
  assertEquals(await loop.return!(), { done: true, value: undefined });
  assertEquals((await three[2]).done, true);
  assertEquals((await loop.next()).done, true);
});

Deno.test("Observer's loop that is left before it starts does not start", async () => {
  using scene = new Scene();
  const { observer, agent } = scene;
  const before = await settledDescriptors();
  const loops = [observer[Symbol.asyncIterator](), observer.stalls(10)];
  for (const loop of loops) {
    assertEquals(await loop.return!(), { done: true, value: undefined });
  }
  agent.beat(Status.Ok);
  assertEquals(nonceOf(observer.receive()), 1n);
  for (const loop of loops) {
    const next = loop.next();
    assertEquals(openDescriptors(), before);
    assertEquals(await next, { done: true, value: undefined });
  }
});

Deno.test("Observer's loops get what is read from their creation on", async () => {
  using scene = new Scene();
  const { observer, agent } = scene;
  const loops = [observer[Symbol.asyncIterator](), observer.stalls(50)];
  for (let i = 0; i < 3; i++) {
    agent.beat(Status.Ok);
    observer.receive();
  }
  const later = observer[Symbol.asyncIterator]();
  assertEquals(nonceOf((await loops[0].next()).value), 1n);
  const { value } = await loops[1].next();
  assertEquals([value.kind, value.last.nonce], ["stalled", 3n]);
  agent.beat(Status.Ok);
  assertEquals(nonceOf((await later.next()).value), 4n);
  assertEquals(nonceOf((await loops[0].next()).value), 2n);
  for (const loop of [...loops, later]) await loop.return!();
});

Deno.test("Observer reads for no loop that has not started", async () => {
  using scene = new Scene();
  const { observer, agent } = scene;
  const loops = [observer[Symbol.asyncIterator](), observer.stalls(1)];
  const started = observer[Symbol.asyncIterator]();
  agent.beat(Status.Ok);
  await started.next();
  await started.return!();
  agent.beat(Status.Ok);
  await delay(20);
  assertEquals(nonceOf(observer.receive()), 2n);
  for (const loop of loops) await loop.return!();
});

/** Creates a loop that is full, and abandons it. */
function abandonLoop({ observer, agent }: Scene): void {
  observer[Symbol.asyncIterator]();
  for (let i = 0; i < 1_024; i++) {
    agent.beat(Status.Ok);
    observer.receive();
  }
  agent.beat(Status.Ok);
  assertEquals(observer.receive(), null);
}

Deno.test("Observer's loop that is abandoned ends when it is collected", async () => {
  using scene = new Scene();
  const { observer, agent } = scene;
  abandonLoop(scene);
  await collectGarbage(() => observer.receive() !== null);
  const before = await settledDescriptors();
  await (async () => {
    for (const loop of [observer[Symbol.asyncIterator](), observer.stalls(9)]) {
      const next = loop.next();
      agent.beat(Status.Ok);
      await next;
    }
  })();
  assertEquals(openDescriptors().length, before.length + 2);
  await collectGarbage(() => openDescriptors().length === before.length);
  agent.beat(Status.Ok);
  assertEquals(observer.receive()?.kind, "beat");
});

Deno.test("Observer's loop that is awaited is not collected", async () => {
  using scene = new Scene();
  const { observer, agent } = scene;
  const next = observer[Symbol.asyncIterator]().next();
  const stalled = observer.stalls(200).next();
  const body = (async () => {
    for await (const { kind } of observer) return kind;
  })();
  let collections = 0;
  await collectGarbage(() => ++collections === 3);
  agent.beat(Status.Ok);
  assertEquals(nonceOf((await next).value), 1n);
  assertEquals(await body, "beat");
  assertEquals((await stalled).value.kind, "stalled");
  // It ends when no other thread does anything for the observer.
  const last = observer[Symbol.asyncIterator]().next();
  observer.close();
  await last;
});

/** Replaces the descriptor of an observer's socket by another file. */
function breakSocket(before: number[]): void {
  const [socket] = openDescriptors().filter((fd) => !before.includes(fd));
  dup2(0, socket);
}

function assertBroken(error: unknown): void {
  assertEquals((error as SystemError).code, "ENOTSOCK");
  assertEquals((error as SystemError).syscall, "recvmsg");
}

testUnless(
  notLinux,
  "Observer's loops reject if the system refuses",
  async () => {
    const before = await settledDescriptors();
    using scene = new Scene();
    const { observer } = scene;
    const loops = [observer[Symbol.asyncIterator](), observer.stalls(1_000)];
    const nexts = loops.map((loop) => loop.next());
    breakSocket(before);
    // The thread that polls still has the socket.
    scene.agent.beat(Status.Ok);
    for (const next of nexts) {
      assertBroken(
        await assertRejects(() => next, Error, JSON.stringify(scene.path)),
      );
    }
    assertBroken(
      assertThrows(() => observer.receive(), Error, JSON.stringify(scene.path)),
    );
  },
);

testUnless(
  notLinux,
  "Observer.stalls() rejects if its check is refused",
  async () => {
    const before = await settledDescriptors();
    using scene = new Scene();
    const next = scene.observer.stalls(20).next();
    scene.agent.beat(Status.Ok);
    assertEquals(scene.observer.receive()?.kind, "beat");
    breakSocket(before);
    assertBroken(
      await assertRejects(() => next, Error, JSON.stringify(scene.path)),
    );
  },
);

type Receive = (fd: number, message: Words, flags: number) => number;

/** Calls a function while the observer receives by another function. */
async function receivingBy<T>(
  create: (receive: Receive) => Receive,
  action: () => Promise<T>,
): Promise<T> {
  const functions = receivingLibc();
  const { recvmsg } = functions;
  try {
    Object.assign(functions, { recvmsg: create(recvmsg) });
    return await action();
  } finally {
    Object.assign(functions, { recvmsg });
  }
}

testUnless(
  notReported,
  "Observer's loops go on if the system was out of memory",
  async () => {
    using scene = new Scene();
    const { observer, agent } = scene;
    const loop = observer[Symbol.asyncIterator]();
    const stalls = observer.stalls(50);
    const failures = ["ENOMEM", "ENOBUFS", "ENOMEM"];
    agent.beat(Status.Ok);
    await receivingBy((receive) => (...args) => {
      const code = failures.pop();
      if (code === undefined) return receive(...args);
      libc().errno[0] = system.errno[code];
      return -1;
    }, async () => {
      const stalled = stalls.next();
      assertEquals(nonceOf((await loop.next()).value), 1n);
      assertEquals((await stalled).value.kind, "stalled");
      failures.push("ENOMEM");
      assertThrows(() => observer.receive(), Error, "ENOMEM from recvmsg");
    });
    // Closed while it waits, it leaves no timer to the sanitizer.
    failures.push("ENOMEM");
    await Promise.all([loop.return!(), stalls.return!()]);
  },
);

testUnless(
  notReported,
  "Observer.stalls() reports in a flood, after what was queued in time",
  async () => {
    using scene = new Scene();
    const { observer, agent } = scene;
    const stalls = observer.stalls(50);
    agent.beat(Status.Ok);
    observer.receive();
    agent.beat(Status.Ok);
    let reads = 0;
    // A queue of 1,000 datagrams, the last of which is a beat, and no end after that.
    const { value } = await receivingBy(
      (receive) => (...args) => ++reads === 1_000 ? receive(...args) : 1,
      () => {
        const next = stalls.next();
        // This process is busy for longer than the threshold.
        for (const start = performance.now(); performance.now() - start < 80;);
        return next;
      },
    );
    assertEquals([value.kind, value.last.nonce], ["stalled", 2n]);
    assert(reads < 100_000, `${reads} datagrams`);
    await stalls.return!();
  },
);

Deno.test("Observer's loops leave the rest of the process its turn in a flood", async () => {
  using scene = new Scene();
  const { observer, agent } = scene;
  let count = 0;
  let ticks = 0;
  const timer = setInterval(() => ticks++, 1);
  agent.beat(Status.Ok);
  // The kernel's queue is never empty.
  for await (const _ of observer) {
    agent.beat(Status.Ok);
    agent.beat(Status.Ok);
    if (++count > 1_000 && ticks > 10) break;
    assert(count < 100_000, `${ticks} ticks of a timer`);
  }
  clearInterval(timer);
});

Deno.test("Observer.stalls() reports once that an agent stops, and returns", async () => {
  using scene = new Scene();
  const { observer, agent } = scene;
  const changes: [string, number, bigint][] = [];
  agent.beat(Status.Ok);
  for await (const { kind, pid, last, silence } of observer.stalls(100)) {
    changes.push([kind, pid, last.nonce]);
    assert(silence >= 100, `${kind}: ${silence} ms`);
    if (changes.length === 4) break;
    // Longer than the threshold, so that a second report would be noticed.
    if (kind === "stalled") setTimeout(() => agent.beat(Status.Ok), 250);
  }
  assertEquals(changes, [
    ["stalled", Deno.pid, 1n],
    ["returned", Deno.pid, 2n],
    ["stalled", Deno.pid, 2n],
    ["returned", Deno.pid, 3n],
  ]);
});

Deno.test("Observer.stalls() does not report silence after a terminal frame", async () => {
  using scene = new Scene();
  scene.sendFrame({ nonce: 5n });
  scene.sendFrame({ nonce: NONCE_TERMINAL, status: Status.Critical });
  const kinds: string[] = [];
  for await (const { kind, last } of scene.observer.stalls(50)) {
    if (kinds.push(kind) === 1) setTimeout(() => scene.observer.close(), 300);
    assertEquals(last.nonce, NONCE_TERMINAL);
  }
  assertEquals(kinds, ["ended"]);
});

Deno.test("Observer.stalls() ignores beats that are out of order", async () => {
  using scene = new Scene();
  scene.sendFrame({ nonce: 5n });
  const changes = scene.observer.stalls(50);
  assertEquals((await changes.next()).value.kind, "stalled");
  scene.sendFrame({ nonce: 5n });
  scene.sendFrame({ nonce: 4n });
  scene.sendFrame({ nonce: 6n });
  const { value } = await changes.next();
  assertEquals([value.kind, value.last.nonce], ["returned", 6n]);
  await changes.return!();
});

Deno.test("Observer.stalls() reads the queue before it reports a stall", async () => {
  using scene = new Scene();
  const { observer, agent } = scene;
  const stalls = observer.stalls(200);
  const first = stalls.next();
  agent.beat(Status.Ok);
  observer.receive();
  // This process is busy for longer than the threshold.
  for (const start = performance.now(); performance.now() - start < 250;);
  agent.beat(Status.Ok);
  const { value } = await first;
  assertEquals([value.kind, value.last.nonce], ["stalled", 2n]);
  await stalls.return!();
});

Deno.test("Observer.stalls() needs few timers while another loop is full", async () => {
  using scene = new Scene();
  const { observer, agent } = scene;
  const slow = observer[Symbol.asyncIterator]();
  const stalls = observer.stalls(20);
  const stalled = stalls.next();
  await sendBeats(agent, 1);
  await slow.next();
  await sendBeats(agent, 1_024);
  const { setTimeout } = globalThis;
  let timers = 0;
  globalThis.setTimeout = ((...args: Parameters<typeof setTimeout>) => {
    timers++;
    return setTimeout(...args);
  }) as typeof setTimeout;
  await delay(300);
  globalThis.setTimeout = setTimeout;
  assert(timers > 0 && timers <= 30, `${timers} timers in 300 ms`);
  await slow.return!();
  assertEquals((await stalled).value.kind, "stalled");
  await stalls.return!();
});

Deno.test("Observer is shown with its path", () => {
  using scene = new Scene();
  const path = JSON.stringify(scene.path);
  assertEquals(Deno.inspect(scene.observer), `Observer { ${path} }`);
  scene.observer.close();
  assertEquals(Deno.inspect(scene.observer), `Observer { ${path}, closed }`);
});
