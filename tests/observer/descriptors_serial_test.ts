import { assert, assertEquals, assertThrows } from "@std/assert";
import { system } from "../../ffi/system.ts";
import { Status, Varta } from "../../mod.ts";
import { type Observation, Observer } from "../../src/observer/mod.ts";
import {
  hasProgram,
  isEmulated,
  openDescriptors,
  settledDescriptors,
} from "../support/process.ts";
import { TestFolder } from "../support/test_folder.ts";
import { testUnless } from "../support/test_unless.ts";
import { until } from "../support/until.ts";
import { setTimeout as delay } from "node:timers/promises";

const SENDER = `${import.meta.dirname}/programs/send_descriptors.py`;
const COUNTS = [0, 1, 253]; // SCM_MAX_FD is 253
const LIMIT = 1_000; // ms; closing the descriptors takes 8 seconds
const UNKNOWN_OPTION = 9_999; // for setsockopt

const [major, minor] = Deno.osRelease().split(".").map(Number);
const canRefuse = Deno.build.os === "linux" &&
  (major > 6 || (major === 6 && minor >= 16));
const cannotSend = Deno.build.os !== "linux"
  ? "not Linux"
  : isEmulated
  ? "the emulator takes the descriptors itself"
  : hasProgram("python3")
  ? undefined
  : "there is no python3";

/** A process that sends a frame with descriptors. */
class DescriptorSender {
  readonly #child: Deno.ChildProcess;
  readonly #output: ReadableStreamDefaultReader<string>;
  /** `"sent"`, or the name of the errno. */
  result = "";

  private constructor(path: string, count: number) {
    this.#child = new Deno.Command("python3", {
      args: [SENDER, path, String(count)],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    this.#output = this.#child.stdout.pipeThrough(new TextDecoderStream())
      .getReader();
  }

  static async start(path: string, count: number): Promise<DescriptorSender> {
    const sender = new DescriptorSender(path, count);
    sender.result = (await sender.#output.read()).value!.trim();
    return sender;
  }

  /** Asserts that an observation is the frame that was sent. */
  assertSent(observation: Observation | null, count: number): void {
    const { pid } = this.#child;
    assert(observation?.kind === "beat");
    assertEquals(observation.frame.pid, pid);
    assertEquals(observation.frame.payload, BigInt(count));
    assertEquals(observation.peer?.pid, pid);
  }

  /** Ends the process. After that, its descriptors can be closed at once. */
  async end(): Promise<void> {
    await this.#child.stdin.close();
    await this.#output.cancel();
    await this.#child.status;
  }
}

/** Calls a function, and asserts that it does not wait until descriptors close. */
async function inTime<T>(action: () => T | Promise<T>): Promise<T> {
  const start = performance.now();
  const result = await action();
  const duration = performance.now() - start;
  assert(duration < LIMIT, `It took ${duration} ms`);
  return result;
}

function payloadOf(observation: Observation | null): bigint | undefined {
  return observation?.kind === "beat" ? observation.frame.payload : undefined;
}

/** An observer, to which a sender has sent a frame and then an agent a beat. */
interface Scene {
  readonly observer: Observer;
  readonly sender: DescriptorSender;
  readonly agent: Varta;
  /** The number of descriptors. */
  readonly count: number;
}

/** The payload of the agent's beat. */
const PAYLOAD = 1_000n;

async function runScenes(
  play: (scene: Scene) => Promise<void>,
  isRefused: boolean,
): Promise<void> {
  for (const count of COUNTS) {
    using folder = new TestFolder();
    const path = folder.file("socket");
    const before = await settledDescriptors();
    {
      using observer = Observer.bind(path, { mode: 0o666 });
      const sender = await DescriptorSender.start(path, count);
      assertEquals(sender.result, isRefused && count > 0 ? "EPERM" : "sent");
      using agent = Varta.connect(path);
      agent.beat(Status.Ok, PAYLOAD);
      await play({ observer, sender, agent, count });
    }
    const isClosed = () => openDescriptors().every((fd) => before.includes(fd));
    await until("all descriptors are closed", isClosed);
  }
}

/** Declares a test for this kernel, and one as if this was Linux before 6.16. */
function testScenes(name: string, play: (scene: Scene) => Promise<void>): void {
  testUnless(cannotSend, name, () => runScenes(play, canRefuse));
  testUnless(
    cannotSend ?? (canRefuse ? undefined : "this kernel is that old"),
    `${name}, on Linux before 6.16`,
    () => asOldKernel(() => runScenes(play, false)),
  );
}

/** Calls a function while the kernel seems to be older than Linux 6.16. */
async function asOldKernel(fn: () => void | Promise<void>): Promise<void> {
  const { SO_PASSRIGHTS } = system;
  try {
    Object.assign(system, { SO_PASSRIGHTS: UNKNOWN_OPTION });
    await fn();
  } finally {
    Object.assign(system, { SO_PASSRIGHTS });
  }
}

testUnless(
  cannotSend,
  "Observer.bind() fails without waiting, on Linux before 6.16",
  () =>
    asOldKernel(() => {
      using folder = new TestFolder();
      const path = folder.file("socket");
      using _observer = Observer.bind(path);
      assertThrows(() => Observer.bind(path), Deno.errors.AddrInUse);
    }),
);

testScenes(
  "Observer.receive() does not wait for passed descriptors",
  async ({ observer, sender, count }) => {
    if (sender.result === "sent") {
      sender.assertSent(await inTime(() => observer.receive()), count);
    }
    // On an old kernel, the next one can be received when they are closed.
    const early = payloadOf(await inTime(() => observer.receive()));
    await inTime(() => delay(1));
    await sender.end();
    const next = early ??
      await until("the beat is received", () => payloadOf(observer.receive()));
    assertEquals(next, PAYLOAD);
  },
);

testScenes(
  "Observer's loop does not wait for passed descriptors",
  async ({ observer, sender, count }) => {
    const loop = observer[Symbol.asyncIterator]();
    if (sender.result === "sent") {
      sender.assertSent((await inTime(() => loop.next())).value, count);
    }
    const next = loop.next();
    await inTime(() => delay(1));
    await sender.end();
    assertEquals(payloadOf((await next).value), PAYLOAD);
    await inTime(() => loop.return!());
  },
);

testScenes(
  "Observer.close() does not wait for passed descriptors in a loop",
  async ({ observer, sender }) => {
    const loop = observer[Symbol.asyncIterator]();
    await inTime(() => loop.next());
    await inTime(() => observer.close());
    assert((await inTime(() => loop.next())).done);
    await sender.end();
  },
);

testScenes(
  "Observer.close() does not wait for unread descriptors",
  async ({ observer, sender, agent }) => {
    await inTime(() => observer.close());
    assertEquals(agent.beat(Status.Ok).kind, "dropped");
    await inTime(() => delay(1));
    await sender.end();
  },
);
