import { assert, assertEquals, assertThrows } from "@std/assert";
import { type Frame, NONCE_TERMINAL, Status } from "../../mod.ts";
import { StallTracker } from "../../src/observer/stall_tracker.ts";
import { plain } from "../support/frames.ts";

function beatOf(pid: number, fields: Partial<Frame> = {}): Frame {
  return { ...plain, pid, ...fields };
}

const LAST_WORD = { status: Status.Critical, nonce: NONCE_TERMINAL };

Deno.test("StallTracker says once that an agent's beats stop", () => {
  const tracker = new StallTracker(100);
  const last = beatOf(7);
  assertEquals(tracker.note(last, 0), undefined);
  assertEquals(tracker.due(99), []);
  assertEquals(tracker.due(100), [
    { kind: "stalled", pid: 7, last, silence: 100 },
  ]);
  assertEquals(tracker.due(100), []);
  assertEquals(tracker.due(1_000), []);
});

Deno.test("StallTracker says once that they return, and then can say again that they stop", () => {
  const tracker = new StallTracker(100);
  tracker.note(beatOf(7), 0);
  tracker.due(150);
  const last = beatOf(7, { nonce: 2n });
  assertEquals(tracker.note(last, 300), {
    kind: "returned",
    pid: 7,
    last,
    silence: 300,
  });
  assertEquals(tracker.note(last, 310), undefined);
  assertEquals(tracker.due(409), []);
  assertEquals(tracker.due(410)[0], {
    kind: "stalled",
    pid: 7,
    last,
    silence: 100,
  });
});

Deno.test("StallTracker tells agents apart, the longest silent first", () => {
  const tracker = new StallTracker(100);
  for (const [pid, now] of [[1, 0], [2, 10], [3, 20], [1, 30]]) {
    tracker.note(beatOf(pid), now);
  }
  assertEquals(tracker.due(115).map(({ pid }) => pid), [2]);
  assertEquals(tracker.due(200).map(({ pid }) => pid), [3, 1]);
});

Deno.test("StallTracker.next() is when the next agent stalls", () => {
  const tracker = new StallTracker(100);
  assertEquals(tracker.next(), undefined);
  tracker.note(beatOf(1), 0);
  tracker.note(beatOf(2), 10);
  assertEquals(tracker.next(), 100);
  tracker.note(beatOf(1), 20);
  assertEquals(tracker.next(), 110);
  tracker.due(120);
  assertEquals(tracker.next(), undefined);
});

Deno.test("StallTracker knows a terminal frame from silence", () => {
  const tracker = new StallTracker(100);
  tracker.note(beatOf(7), 0);
  const last = beatOf(7, LAST_WORD);
  const ended = { kind: "ended", pid: 7, last, silence: 40 };
  assertEquals(tracker.note(last, 40), ended);
  assertEquals(tracker.note(last, 50), undefined); // once
  assertEquals(tracker.next(), undefined);
  assertEquals(tracker.due(1_000), []);
});

Deno.test("StallTracker says that an agent ended which it had not heard of, or had called stalled", () => {
  const tracker = new StallTracker(100);
  const last = beatOf(7, LAST_WORD);
  assertEquals(tracker.note(last, 5), {
    kind: "ended",
    pid: 7,
    last,
    silence: 0,
  });
  tracker.note(beatOf(8), 0);
  tracker.due(100);
  assertEquals(tracker.note(beatOf(8, LAST_WORD), 250)?.kind, "ended");
});

Deno.test("StallTracker says that an agent that had ended returns, and can stall", () => {
  const tracker = new StallTracker(100);
  tracker.note(beatOf(7, LAST_WORD), 0);
  const last = beatOf(7);
  assertEquals(tracker.note(last, 500), {
    kind: "returned",
    pid: 7,
    last,
    silence: 500,
  });
  assertEquals(tracker.due(600).map(({ kind }) => kind), ["stalled"]);
});

Deno.test("StallTracker takes a Critical beat for no terminal frame", () => {
  const tracker = new StallTracker(100);
  assertEquals(
    tracker.note(beatOf(7, { status: Status.Critical }), 0),
    undefined,
  );
  assertEquals(tracker.due(100).length, 1);
});

Deno.test("StallTracker forgets the longest silent agents beyond 16,384", () => {
  const tracker = new StallTracker(1);
  for (let pid = 1; pid <= 16_385; pid++) tracker.note(beatOf(pid), 0);
  assertEquals(tracker.due(1).length, 16_385);
  assertEquals(tracker.note(beatOf(1), 2), undefined); // as if it were new
  assertEquals(tracker.note(beatOf(2), 2)?.kind, "returned");
});

Deno.test("StallTracker throws RangeError where a threshold cannot be waited for", () => {
  for (const threshold of [0, -1, NaN, Infinity, 2 ** 31, "5" as never]) {
    const { message } = assertThrows(
      () => new StallTracker(threshold),
      RangeError,
    );
    assert(message.includes("threshold"), message);
  }
  new StallTracker(0.5);
  new StallTracker(2 ** 31 - 1);
});
