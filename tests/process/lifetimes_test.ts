import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Status, Varta } from "../../mod.ts";
import { collectGarbage } from "../support/exhaustion.ts";
import { TestFolder, TestObserver } from "../support/observer.ts";
import { openDescriptors } from "../support/process.ts";
import { type Successor, successors } from "./successors.ts";

const AGENTS = 20_000;
/** How many at a time: a process may well be limited to 1,024 descriptors. */
const BATCH = 500;
const NUMBERS = 100;
const BLOCKS = 1_000;
const RECONNECTS = 20;

/** Lets whatever the collector still has to do be done. */
async function settleGarbage(): Promise<void> {
  let turns = 0;
  await collectGarbage(() => ++turns > 5);
}

Deno.test("Varta gives the descriptors of 20,000 abandoned agents back, reconnected ones too", async () => {
  using observer = new TestObserver();
  const before = openDescriptors();
  let reconnects = 0;
  for (let batch = 0; batch < AGENTS / BATCH; batch++) {
    (() => {
      for (let i = 0; i < BATCH; i++) {
        const agent = Varta.connect(observer.path);
        agent.beat(Status.Ok);
        observer.receive();
        if (i % 2 === 0) continue;
        agent.reconnect();
        reconnects++;
      }
    })();
    assertEquals(openDescriptors().length, before.length + BATCH);
    await collectGarbage(() => openDescriptors().length === before.length);
    assertEquals(openDescriptors(), before);
  }
  console.log(
    `agents abandoned: ${AGENTS}, of them reconnected: ${reconnects}, most at a time: ${BATCH}, descriptors lost: 0`,
  );
});

/** What makes an agent give its number away. */
const releases: Record<string, (agent: Varta) => void> = {
  "closed by hand": (agent) => agent.close(),
  "left by a reconnect": (agent) => agent.reconnect(),
  "left by a reconnect and closed by hand": (agent) => {
    agent.reconnect();
    agent.close();
  },
};

for (const [release, giveAway] of Object.entries(releases)) {
  for (const [name, succeed] of Object.entries(successors)) {
    Deno.test(`Varta never closes a number again that was ${release}, and that ${name} has now`, async () => {
      using folder = new TestFolder();
      using observer = new TestObserver();
      const before = openDescriptors();
      const owners: Successor[] = [];
      let collected = 0;
      const registry = new FinalizationRegistry(() => collected++);
      (() => {
        const agents = Array.from(
          { length: NUMBERS },
          () => Varta.connect(observer.path),
        );
        const taken = openDescriptors();
        for (const [i, agent] of agents.entries()) {
          registry.register(agent, undefined);
          giveAway(agent);
          owners.push(succeed({ folder, observer }, i));
        }
        const now = openDescriptors();
        assertEquals(taken.filter((fd) => !now.includes(fd)), []);
      })();
      await collectGarbage(() => collected === NUMBERS);
      await settleGarbage();
      assertEquals(collected, NUMBERS);

      for (const owner of owners) assertEquals(await owner.works(), true);
      assertEquals(openDescriptors().length, before.length + NUMBERS);
      for (const owner of owners) owner.close();
      assertEquals(openDescriptors(), before);
      console.log(
        `numbers ${release}: ${NUMBERS}, taken by ${name}: ${NUMBERS}, agents collected: ${collected}, closed again: 0`,
      );
    });
  }
}

Deno.test("Varta closes no number that a reconnect has left, where agents that live on have them now", async () => {
  using observer = new TestObserver();
  const before = openDescriptors();
  const agents = Array.from(
    { length: NUMBERS },
    () => Varta.connect(observer.path),
  );
  // Each takes the number that the one before it left.
  for (let i = 0; i < RECONNECTS; i++) {
    for (const agent of agents) agent.reconnect();
  }
  await settleGarbage();
  for (const agent of agents) {
    assertEquals(agent.beat(Status.Ok), { kind: "sent" });
    assertEquals(observer.receiveAll().length, 1);
    agent.close();
  }
  assertEquals(openDescriptors(), before);
  console.log(
    `agents alive: ${NUMBERS}, reconnects: ${
      RECONNECTS * NUMBERS
    }, beats behind them sent: ${NUMBERS}`,
  );
});

Deno.test("Varta[Symbol.dispose]() closes at every way out of a block, 1,000 times each", async () => {
  using observer = new TestObserver();
  const { path } = observer;
  const before = openDescriptors();

  const waysOut: (() => unknown)[] = [
    () => {
      using _agent = Varta.connect(path);
    },
    () =>
      assertThrows(() => {
        using agent = Varta.connect(path);
        agent.reconnect();
        throw new SyntaxError("out");
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
    () => {
      for (const agent of [Varta.connect(path), Varta.connect(path)]) {
        using _agent = agent;
      }
    },
    () => {
      const beats = (function* () {
        using agent = Varta.connect(path);
        for (;;) yield agent.beat(Status.Ok).kind;
      })();
      for (const kind of beats) {
        assertEquals(kind, "sent");
        observer.receiveAll();
        break;
      }
    },
    () =>
      assertRejects(async () => {
        using _agent = Varta.connect(path);
        await Promise.reject(new SyntaxError("out"));
      }, SyntaxError),
  ];
  for (const leave of waysOut) {
    for (let i = 0; i < BLOCKS; i++) await leave();
    assertEquals(openDescriptors(), before);
  }
  console.log(
    `ways out of a block with using: ${waysOut.length}, ${BLOCKS} times each, descriptors lost: 0`,
  );
});
