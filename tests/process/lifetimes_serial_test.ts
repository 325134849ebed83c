import { assertEquals, assertThrows } from "@std/assert";
import { Status, Varta } from "../../mod.ts";
import { collectGarbage } from "../support/exhaustion.ts";
import { TestFolder, TestObserver } from "../support/observer.ts";
import {
  openDescriptors,
  resultOf,
  settledDescriptors,
  WORKER_FLAG,
} from "../support/process.ts";
import { notLinux, testUnless } from "../support/test_unless.ts";
import type { StackResult } from "./programs/stack_end.ts";
import type { Remains } from "./programs/workers.ts";

/** How many agents are open at a time; a process may be limited to 1,024. */
const BATCH = 500;
const BATCHES = 40;
const AGENTS = 100;
const RECONNECTS = 20;
const BLOCKS = 1_000;

/** Collects garbage several times, because finalizers may make more. */
async function collectAllGarbage(): Promise<void> {
  let turns = 0;
  await collectGarbage(() => ++turns > 5);
}

Deno.test("Varta closes the sockets of 20,000 agents that are collected", async () => {
  using observer = new TestObserver();
  const before = await settledDescriptors();
  for (let batch = 0; batch < BATCHES; batch++) {
    (() => {
      for (let i = 0; i < BATCH; i++) {
        const agent = Varta.connect(observer.path);
        agent.beat(Status.Ok);
        observer.receive();
        if (i % 2 === 0) agent.reconnect();
      }
    })();
    assertEquals(openDescriptors().length, before.length + BATCH);
    await collectGarbage(() => openDescriptors().length === before.length);
    assertEquals(openDescriptors(), before);
  }
});

/** An owner of one descriptor. */
interface Owner {
  /** Uses the descriptor, and throws if it no longer belongs to this owner. */
  use(): void | Promise<void>;
  close(): void;
}

let files = 0;

const owners: Record<
  string,
  (folder: TestFolder, observer: TestObserver) => Owner
> = {
  "a file"(folder) {
    const path = folder.file(`${files++}`);
    const file = Deno.openSync(path, { createNew: true, write: true });
    return {
      use() {
        file.writeSync(new TextEncoder().encode(path));
        assertEquals(Deno.readTextFileSync(path), path);
      },
      close: () => file.close(),
    };
  },
  "an agent"(_folder, observer) {
    const agent = Varta.connect(observer.path);
    return {
      use() {
        assertEquals(agent.beat(Status.Ok), { kind: "sent" });
        assertEquals(observer.receiveAll().length, 1);
      },
      close: () => agent.close(),
    };
  },
  "a listener"(folder) {
    const options = {
      transport: "unix",
      path: folder.file(`${files++}`),
    } as const;
    const listener = Deno.listen(options);
    return {
      // The kernel accepts for as long as the socket is open.
      use: async () => (await Deno.connect(options)).close(),
      close: () => listener.close(),
    };
  },
};

/** What frees the number of an agent's descriptor. */
const releases: Record<string, (agent: Varta) => void> = {
  "close()": (agent) => agent.close(),
  "reconnect()": (agent) => agent.reconnect(),
  "reconnect(), close()": (agent) => {
    agent.reconnect();
    agent.close();
  },
};

for (const [release, free] of Object.entries(releases)) {
  for (const [owner, open] of Object.entries(owners)) {
    Deno.test(`Varta frees a descriptor once, for ${owner}, by ${release}`, async () => {
      using folder = new TestFolder();
      using observer = new TestObserver();
      const before = await settledDescriptors();
      const opened: Owner[] = [];
      let collected = 0;
      const registry = new FinalizationRegistry(() => collected++);
      (() => {
        const agents = Array.from(
          { length: AGENTS },
          () => Varta.connect(observer.path),
        );
        const numbers = openDescriptors();
        for (const agent of agents) {
          registry.register(agent, undefined);
          free(agent);
          opened.push(open(folder, observer));
        }
        // Every number that was an agent's is in use again.
        const now = openDescriptors();
        assertEquals(numbers.filter((fd) => !now.includes(fd)), []);
      })();
      await collectGarbage(() => collected === AGENTS);
      await collectAllGarbage();

      assertEquals(openDescriptors().length, before.length + AGENTS);
      for (const owner of opened) await owner.use();
      for (const owner of opened) owner.close();
      assertEquals(openDescriptors(), before);
    });
  }
}

Deno.test("Varta.reconnect() leaves descriptors that other agents now have", async () => {
  using observer = new TestObserver();
  const before = await settledDescriptors();
  const agents = Array.from(
    { length: AGENTS },
    () => Varta.connect(observer.path),
  );
  // Each takes the number that the one before it left.
  for (let i = 0; i < RECONNECTS; i++) {
    for (const agent of agents) agent.reconnect();
  }
  await collectAllGarbage();
  for (const agent of agents) {
    assertEquals(agent.beat(Status.Ok), { kind: "sent" });
    assertEquals(observer.receiveAll().length, 1);
    agent.close();
  }
  assertEquals(openDescriptors(), before);
});

Deno.test("Varta[Symbol.dispose]() closes the agent however a block is left", () => {
  using observer = new TestObserver();
  const { path } = observer;
  const before = openDescriptors();

  const blocks: (() => void)[] = [
    () => {
      using _agent = Varta.connect(path);
    },
    () =>
      assertThrows(() => {
        using agent = Varta.connect(path);
        agent.reconnect();
        throw new SyntaxError("thrown in the block");
      }, SyntaxError),
    () =>
      assertThrows(() => {
        using _first = Varta.connect(path);
        using _second = Varta.connect(`${path}.none`);
      }, Deno.errors.NotFound),
    () => {
      using agent = Varta.connect(path);
      agent.close();
    },
  ];
  for (const leave of blocks) {
    for (let i = 0; i < BLOCKS; i++) leave();
    assertEquals(openDescriptors(), before);
  }
});

testUnless(
  notLinux, // whose /proc the program reads
  "Varta leaves no socket and no memory page of a Worker that closes it",
  async () => {
    using observer = new TestObserver();
    const { sockets, wipedOnFork: [before, after] } = await resultOf<Remains>(
      import.meta.resolve("./programs/workers.ts"),
      [observer.path],
      ["--allow-all", `--v8-flags=${WORKER_FLAG}`],
    );
    assertEquals({ sockets, after }, { sockets: 0, after: before });
  },
);

testUnless(
  notLinux, // whose /proc the program reads
  "No function leaks a socket near the end of the stack",
  async () => {
    using observer = new TestObserver();
    const results = await resultOf<Record<string, StackResult>>(
      import.meta.resolve("./programs/stack_end.ts"),
      [observer.path],
      ["--allow-all", "--v8-flags=--expose-gc"],
    );
    for (const [method, result] of Object.entries(results)) {
      assertEquals(result, {
        // Some levels are too near, and others are not.
        hasOverflows: true,
        hasReturns: true,
        sockets: 0,
      }, method);
    }
  },
);
