import { assert, assertEquals, assertThrows } from "@std/assert";
import { DatagramSocket } from "../../ffi/datagram_socket.ts";
import { system } from "../../ffi/system.ts";
import { unixAddress } from "../../ffi/socket_address.ts";
import { Status, Varta } from "../../mod.ts";
import { type Observation, Observer } from "../../src/observer/mod.ts";
import { encode } from "../support/frames.ts";
import { messageOf } from "../support/message.ts";
import { TestFolder, TestObserver } from "../support/observer.ts";
import { openDescriptors } from "../support/process.ts";

const isAttested = system.SO_PASSCRED !== 0;
const me = isAttested
  ? { pid: Deno.pid, uid: Deno.uid()!, gid: Deno.gid()! }
  : undefined;

/** An observer in a folder of its own, and what sends to it. */
class Stage implements Disposable {
  readonly #folder = new TestFolder();
  readonly path = this.#folder.file("socket");
  readonly observer: Observer;
  readonly agent: Varta;
  readonly #sender: DatagramSocket;

  constructor(options = {}) {
    this.observer = Observer.bind(this.path, options);
    this.agent = Varta.connect(this.path, { version: 2 });
    const sender = DatagramSocket.connect(unixAddress(this.path));
    assert(sender instanceof DatagramSocket);
    this.#sender = sender;
  }

  send(bytes: Uint8Array): void {
    const words = new Uint32Array(Math.ceil(bytes.length / 4) || 1);
    new Uint8Array(words.buffer).set(bytes);
    const length = BigInt(bytes.length);
    assertEquals(this.#sender.send(messageOf(words), length), bytes.length);
  }

  [Symbol.dispose](): void {
    this.#sender.close();
    this.agent.close();
    this.observer.close();
    this.#folder[Symbol.dispose]();
  }
}

function nonceOf(observation: Observation | null | undefined): bigint {
  assert(observation?.kind === "beat");
  return observation.frame.nonce;
}

/** How many beats the kernel keeps for an observer that reads none. */
function queueLength(): number {
  using observer = new TestObserver();
  using agent = Varta.connect(observer.path);
  let length = 0;
  while (agent.beat(Status.Ok).kind === "sent") length++;
  return length;
}

/** Sends beats, each once there is room for it. */
async function beatUntilSent(agent: Varta, count: number): Promise<void> {
  for (let sent = 0; sent < count;) {
    if (agent.beat(Status.Ok).kind === "sent") sent++;
    else await new Promise((resolve) => setTimeout(resolve, 0));
  }
}

Deno.test("Observer.receive() gives one beat after the other, and null where none is queued", () => {
  using stage = new Stage();
  const { observer, agent } = stage;
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
    peer: me,
  });
  assertEquals(nonceOf(observer.receive()), 2n);
  assertEquals(observer.receive(), null);
});

Deno.test("Observer.receive() rejects what is no frame, with the check that it failed", () => {
  using stage = new Stage();
  const frame = encode({ version: 2, pid: Deno.pid });
  const changed = (index: number, value: number) => frame.with(index, value);
  const datagrams = [
    [new Uint8Array(0), "BadLength"],
    [frame.slice(0, 31), "BadLength"],
    [new Uint8Array([...frame, 0]), "BadLength"],
    [changed(0, 0), "BadMagic"],
    [changed(2, 3), "BadVersion"],
    [changed(24, 1), "BadCrc"],
  ] as const;
  for (const [bytes, reason] of datagrams) {
    stage.send(bytes);
    assertEquals(stage.observer.receive(), {
      kind: "rejected",
      reason,
      bytes: new Uint8Array(bytes),
      peer: me,
    });
  }
});

Deno.test("Observer.receive() keeps 64 bytes of a longer datagram", () => {
  using stage = new Stage();
  const bytes = Uint8Array.from({ length: 4_000 }, (_, i) => i);
  stage.send(bytes);
  const observation = stage.observer.receive();
  assert(observation?.kind === "rejected");
  assertEquals(observation.reason, "BadLength");
  assertEquals(observation.bytes, bytes.slice(0, 64));
});

Deno.test("Observer.receive() accepts either version, or the only one asked for", () => {
  const bytes = ([1, 2] as const).map((version) =>
    encode({ version, pid: Deno.pid })
  );
  const told = (options: { version?: 1 | 2 }) => {
    using stage = new Stage(options);
    bytes.forEach((bytes) => stage.send(bytes));
    return bytes.map(() => {
      const observation = stage.observer.receive()!;
      return observation.kind === "beat"
        ? observation.frame.version
        : observation.reason;
    });
  };
  assertEquals(told({}), [1, 2]);
  assertEquals(told({ version: 1 }), [1, "BadVersion"]);
  assertEquals(told({ version: 2 }), ["BadVersion", 2]);
});

Deno.test({
  name:
    "Observer.receive() rejects a frame whose pid is not its sender's, as the kernel says",
  ignore: !isAttested,
  fn() {
    using stage = new Stage();
    const bytes = encode({ version: 2, pid: Deno.pid + 1 });
    stage.send(bytes);
    assertEquals(stage.observer.receive(), {
      kind: "rejected",
      reason: "PidMismatch",
      bytes: new Uint8Array(bytes),
      peer: me,
    });
  },
});

Deno.test("Observer.receive() throws BadResource once the observer is closed", () => {
  using stage = new Stage();
  stage.observer.close();
  const { message } = assertThrows(
    () => stage.observer.receive(),
    Deno.errors.BadResource,
  );
  assertEquals(
    message,
    `Cannot receive at "${stage.path}": the observer is closed`,
  );
});

Deno.test("Observer gives beats to for await as they come, and ends it by close()", async () => {
  using stage = new Stage();
  const { observer, agent } = stage;
  agent.beat(Status.Ok);
  const nonces: bigint[] = [];
  for await (const observation of observer) {
    nonces.push(nonceOf(observation));
    if (nonces.length === 3) observer.close();
    else setTimeout(() => agent.beat(Status.Ok), 5);
  }
  assertEquals(nonces, [1n, 2n, 3n]);
  for await (const _ of observer) throw new Error("It is closed");
});

Deno.test("Observer.close() ends loops that wait, and refuses beats at once", async () => {
  using stage = new Stage();
  const { observer, agent } = stage;
  const before = openDescriptors();
  const loops = [observer[Symbol.asyncIterator](), observer.stalls(1_000)];
  const ends = loops.map((loop) => loop.next());
  observer.close();
  // The thread that waits has them still: no other must get their numbers.
  assertEquals(openDescriptors(), before);
  assertEquals(agent.beat(Status.Ok).kind, "dropped");
  assertThrows(() => observer.receive(), Deno.errors.BadResource);
  for (const end of ends) {
    assertEquals(await end, { done: true, value: undefined });
  }
  assertEquals(openDescriptors().length, before.length - 3);
});

Deno.test("Observer lets every loop see every observation, and receive() take them for all", async () => {
  using stage = new Stage();
  const { observer, agent } = stage;
  const loops = [1, 2].map(() => observer[Symbol.asyncIterator]());
  const first = loops.map((loop) => loop.next());
  agent.beat(Status.Ok);
  const taken = observer.receive();
  assertEquals(nonceOf(taken), 1n);
  for (const observation of first) {
    assertEquals((await observation).value, taken);
  }
  await beatUntilSent(agent, 500);
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

Deno.test("Observer leaves to receive() what comes once its loops are left", async () => {
  using stage = new Stage();
  const { observer, agent } = stage;
  agent.beat(Status.Ok);
  for await (const observation of observer) {
    assertEquals(nonceOf(observation), 1n);
    break;
  }
  agent.beat(Status.Ok);
  await new Promise((resolve) => setTimeout(resolve, 20));
  assertEquals(nonceOf(observer.receive()), 2n);
});

Deno.test("Observer stops reading where a loop is 1,024 behind, and goes on where it is not", async () => {
  using stage = new Stage();
  const { observer, agent } = stage;
  const slow = observer[Symbol.asyncIterator]();
  const first = slow.next();
  let sent = 0;
  let last = performance.now();
  while (performance.now() - last < 1_000 && sent < 10_000) {
    if (agent.beat(Status.Ok).kind === "sent") {
      sent++;
      last = performance.now();
    } else {
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }
  // Those that the loop has, by at most one burst too many, and those in the
  // kernel's queue.
  const most = 1_024 + 256 + queueLength();
  assert(sent >= 1_024 && sent <= most, `${sent} of ${most}`);
  assertEquals(observer.receive(), null);
  await first;
  for (let i = 1; i < sent; i++) await slow.next();
  const next = slow.next();
  await beatUntilSent(agent, 1);
  assertEquals((await next).value.kind, "beat");
  await slow.return!();
});

Deno.test("Observer's loop answers several next() in their order", async () => {
  using stage = new Stage();
  const loop = stage.observer[Symbol.asyncIterator]();
  const three = [loop.next(), loop.next(), loop.next()];
  await beatUntilSent(stage.agent, 2);
  assertEquals(nonceOf((await three[0]).value), 1n);
  assertEquals(nonceOf((await three[1]).value), 2n);
  assertEquals(await loop.return!(), { done: true, value: undefined });
  assertEquals((await three[2]).done, true);
  assertEquals((await loop.next()).done, true);
});

Deno.test("Observer's loops leave timers and everything else in the process their turn under a flood", async () => {
  using stage = new Stage();
  const { observer, agent } = stage;
  let count = 0;
  let ticks = 0;
  const timer = setInterval(() => ticks++, 1);
  agent.beat(Status.Ok);
  let start = performance.now();
  let attempts = 10; // on a machine that is busy elsewhere
  for await (const _ of observer) {
    count++;
    agent.beat(Status.Ok);
    agent.beat(Status.Ok);
    if (performance.now() - start < 500) continue;
    if (count > 1_000 && ticks > 10) break;
    assert(--attempts > 0, `${count} beats, ${ticks} ticks`);
    count = ticks = 0;
    start = performance.now();
  }
  clearInterval(timer);
});

Deno.test("Observer.stalls() says once that an agent stops, and once that it returns", async () => {
  using stage = new Stage();
  const { observer, agent } = stage;
  const turns: [string, number, bigint][] = [];
  agent.beat(Status.Ok);
  for await (const { kind, pid, last, silence } of observer.stalls(100)) {
    turns.push([kind, pid, last.nonce]);
    assert(silence >= 100, `${kind}: ${silence} ms`);
    if (turns.length === 4) break;
    // Longer than the threshold: what is said twice would show.
    if (kind === "stalled") setTimeout(() => agent.beat(Status.Ok), 250);
  }
  assertEquals(turns, [
    ["stalled", Deno.pid, 1n],
    ["returned", Deno.pid, 2n],
    ["stalled", Deno.pid, 2n],
    ["returned", Deno.pid, 3n],
  ]);
});

Deno.test("Observer.stalls() knows a terminal frame from silence", async () => {
  using stage = new Stage();
  const nonce = 2n ** 64n - 1n;
  const fields = { version: 2, pid: Deno.pid } as const;
  stage.send(encode({ ...fields, nonce: 5n }));
  stage.send(encode({ ...fields, nonce, status: Status.Critical }));
  const kinds: string[] = [];
  for await (const { kind, last } of stage.observer.stalls(50)) {
    if (kinds.push(kind) === 1) setTimeout(() => stage.observer.close(), 300);
    assertEquals(last.nonce, nonce);
  }
  assertEquals(kinds, ["ended"]);
});

Deno.test("Observer.stalls() calls nobody stalled whose beats lie in the kernel's queue", async () => {
  using stage = new Stage();
  const { observer, agent } = stage;
  const stalls = observer.stalls(200);
  const first = stalls.next();
  agent.beat(Status.Ok);
  observer.receive();
  const start = performance.now();
  while (performance.now() - start < 250); // this process does not come to read
  agent.beat(Status.Ok);
  const { value } = await first;
  assertEquals([value.kind, value.last.nonce], ["stalled", 2n]);
  await stalls.return!();
});

Deno.test("Observer.stalls() throws RangeError for a threshold that cannot be waited for", () => {
  using stage = new Stage();
  for (const threshold of [0, -1, NaN, Infinity]) {
    assertThrows(() => stage.observer.stalls(threshold), RangeError);
  }
});

Deno.test("Observer.stalls() takes little of the processor where another loop hides who is silent", async () => {
  using stage = new Stage();
  const { observer, agent } = stage;
  const slow = observer[Symbol.asyncIterator]();
  const stalls = observer.stalls(20);
  const stalled = stalls.next();
  await beatUntilSent(agent, 1);
  await slow.next();
  await beatUntilSent(agent, 1_024);
  const { setTimeout } = globalThis;
  let timers = 0;
  globalThis.setTimeout = ((...args: Parameters<typeof setTimeout>) => {
    timers++;
    return setTimeout(...args);
  }) as typeof setTimeout;
  await new Promise((resolve) => setTimeout(resolve, 300));
  globalThis.setTimeout = setTimeout;
  assert(timers > 0 && timers <= 30, `${timers} timers in 300 ms`);
  await slow.return!();
  assertEquals((await stalled).value.kind, "stalled");
  await stalls.return!();
});

Deno.test("Observer shows its path", () => {
  using stage = new Stage();
  const shown = JSON.stringify(stage.path);
  assertEquals(Deno.inspect(stage.observer), `Observer { ${shown} }`);
  stage.observer.close();
  assertEquals(Deno.inspect(stage.observer), `Observer { ${shown}, closed }`);
});
