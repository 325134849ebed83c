import { assertEquals, assertGreaterOrEqual, assertThrows } from "@std/assert";
import type { SystemError } from "../../ffi/failure.ts";
import { type BeatOutcome, Status, Varta } from "../../mod.ts";
import { withoutDescriptors } from "../support/exhaustion.ts";
import { TestObserver } from "../support/observer.ts";
import { stateOf } from "../support/scripted_endpoint.ts";
import { keepingDescriptors } from "./descriptors.ts";

const BEATS = 1_000;

// The codes here are those of Linux, and so is what has no descriptor left.
const notLinux = Deno.build.os !== "linux";

/** How often each outcome came in so many beats. */
function tally(agent: Varta, beats = BEATS): Record<string, number> {
  const counts: Record<string, number> = {};
  for (let beat = 0; beat < beats; beat++) {
    const word = wordFor(agent.beat(Status.Ok));
    counts[word] = (counts[word] ?? 0) + 1;
  }
  return counts;
}

function wordFor(outcome: BeatOutcome): string {
  switch (outcome.kind) {
    case "sent":
      return "sent";
    case "dropped":
      return outcome.code;
    case "failed":
      return `failed ${outcome.error.code}`;
  }
}

/** Beats until the queue is full; answers with the number that were sent. */
function fillQueue(agent: Varta): number {
  for (let sent = 0;; sent++) {
    const word = wordFor(agent.beat(Status.Ok));
    if (word === "EAGAIN") return sent;
    assertEquals(word, "sent");
  }
}

function failToReconnect(agent: Varta) {
  const error = assertThrows(() => agent.reconnect()) as SystemError;
  assertEquals([error.code, error.syscall], ["EMFILE", "socket"]);
}

/** The next beat is sent, and is what the observer receives last. */
function assertDelivers(agent: Varta, observer: TestObserver) {
  assertEquals(agent.beat(Status.Ok), { kind: "sent" });
  assertEquals(observer.receiveAll().at(-1)?.nonce, stateOf(agent).nonce);
}

Deno.test({
  name:
    "Varta.beat() beats on by the old socket while no descriptor is left to reconnect",
  ignore: notLinux,
  fn() {
    using observer = new TestObserver();
    using agent = Varta.connect(observer.path, { reconnectAfter: 1 });
    let received = 0;
    keepingDescriptors(() =>
      withoutDescriptors(() => {
        for (let i = 0; i < BEATS; i++) {
          failToReconnect(agent);
          assertEquals(agent.beat(Status.Ok), { kind: "sent" });
          received += observer.receiveAll().length;
        }
      })
    );
    assertEquals(received, BEATS);
    agent.reconnect();
    assertDelivers(agent, observer);
    console.log(
      `no descriptors: reconnects refused: ${BEATS}, beats sent: ${BEATS}, received: ${received}`,
    );
  },
});

Deno.test({
  name:
    "Varta.beat() answers each time without an observer and without a descriptor, and is sent at once when they are back",
  ignore: notLinux,
  fn() {
    keepingDescriptors(() => {
      using observer = new TestObserver();
      using agent = Varta.connect(observer.path, { reconnectAfter: 3 });
      observer.restart();
      const counts = withoutDescriptors(() => tally(agent));
      assertEquals(counts, { ECONNREFUSED: 1, ENOTCONN: BEATS - 1 });
      assertEquals(stateOf(agent), { nonce: BigInt(BEATS), drops: BEATS });
      assertDelivers(agent, observer);
      assertEquals(stateOf(agent).drops, 0);
    });
    console.log(
      `no descriptors, no observer: beats: ${BEATS}, dropped: ${BEATS}, sent as soon as they were back: 1 of 1`,
    );
  },
});

Deno.test({
  name:
    "Varta.beat() answers each time with a full queue, and is sent at once when there is room",
  ignore: notLinux,
  fn() {
    const queue = { room: 0, milliseconds: 0 };
    for (const reconnectAfter of [0, 1, 3]) {
      keepingDescriptors(() => {
        using observer = new TestObserver();
        using agent = Varta.connect(observer.path, { reconnectAfter });
        queue.room = fillQueue(agent);
        const start = performance.now();
        assertEquals(tally(agent), { EAGAIN: BEATS });
        queue.milliseconds = performance.now() - start;
        assertEquals(observer.receiveAll().length, queue.room);
        assertDelivers(agent, observer);
      });
      console.log(
        `full queue of ${queue.room}, reconnectAfter ${reconnectAfter}: beats: ${BEATS}, dropped: ${BEATS}, in ${
          queue.milliseconds.toFixed(0)
        } ms, sent at once behind: 1 of 1`,
      );
    }
  },
});

Deno.test({
  name:
    "Varta.beat() answers each time with a full queue and without a descriptor, and is sent as soon as either is back",
  ignore: notLinux,
  fn() {
    keepingDescriptors(() => {
      using observer = new TestObserver();
      using agent = Varta.connect(observer.path, { reconnectAfter: 1 });
      const queued = fillQueue(agent);
      const refilled = withoutDescriptors(() => {
        assertEquals(tally(agent), { EAGAIN: BEATS });
        // A drop that counted: its reconnect failed.
        assertGreaterOrEqual(stateOf(agent).drops, BEATS);
        failToReconnect(agent);
        // Room, and still no descriptor: the old socket is there to take it.
        assertEquals(observer.receiveAll().length, queued);
        assertDelivers(agent, observer);
        return fillQueue(agent);
      });
      // Descriptors, and still no room: what a reconnect does not change.
      assertEquals(tally(agent), { EAGAIN: BEATS });
      assertEquals(stateOf(agent).drops, 0);
      assertEquals(observer.receiveAll().length, refilled);
      assertDelivers(agent, observer);
    });
    console.log(
      `full queue and no descriptors: beats: ${2 * BEATS}, dropped: ${
        2 * BEATS
      }, sent as soon as there was room: 2 of 2`,
    );
  },
});

Deno.test({
  name:
    "Varta.beat() reaches a new observer from a full queue as soon as there is a descriptor",
  ignore: notLinux,
  fn() {
    keepingDescriptors(() => {
      using hung = new TestObserver();
      using agent = Varta.connect(hung.path, { reconnectAfter: 1 });
      fillQueue(agent);
      // The one that hangs keeps its socket, and another takes the path.
      hung.removeFile();
      using fresh = new TestObserver(hung.path);
      assertEquals(withoutDescriptors(() => tally(agent)), { EAGAIN: BEATS });
      assertDelivers(agent, fresh);
    });
    console.log(
      `no descriptors, and another observer at the path: beats: ${BEATS}, dropped: ${BEATS}, sent to it behind: 1 of 1`,
    );
  },
});
