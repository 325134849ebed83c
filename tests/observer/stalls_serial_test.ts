import { assertEquals, assertThrows } from "@std/assert";
import { type Frame, NONCE_TERMINAL, Status } from "../../mod.ts";
import { StallTracker } from "../../src/observer/_stalls.ts";
import { plain } from "../support/frames.ts";

function beatOf(pid: number, fields: Partial<Frame> = {}): Frame {
  return { ...plain, pid, ...fields };
}

const TERMINAL = { status: Status.Critical, nonce: NONCE_TERMINAL };

Deno.test("StallTracker reports once that an agent stops", () => {
  const tracker = new StallTracker(100);
  const last = beatOf(7);
  assertEquals(tracker.note(last, 0), undefined);
  assertEquals(tracker.due(99), []);
  const stalled = { kind: "stalled", pid: 7, last, silence: 100 };
  assertEquals(tracker.due(100), [stalled]);
  assertEquals(tracker.due(100), []);
  assertEquals(tracker.due(1_000), []);
});

Deno.test("StallTracker reports once that an agent returns, and a new stall", () => {
  const tracker = new StallTracker(100);
  tracker.note(beatOf(7), 0);
  tracker.due(150);
  const last = beatOf(7, { nonce: 2n });
  const returned = { kind: "returned", pid: 7, last, silence: 300 };
  assertEquals(tracker.note(last, 300), returned);
  assertEquals(tracker.note(last, 310), undefined);
  assertEquals(tracker.due(409), []);
  const stalled = { kind: "stalled", pid: 7, last, silence: 100 };
  assertEquals(tracker.due(410), [stalled]);
});

Deno.test("StallTracker reports several agents, the longest silent first", () => {
  const tracker = new StallTracker(100);
  for (const [pid, now] of [[1, 0], [2, 10], [3, 20], [1, 30]]) {
    tracker.note(beatOf(pid), now);
  }
  assertEquals(tracker.due(115).map(({ pid }) => pid), [2]);
  assertEquals(tracker.due(200).map(({ pid }) => pid), [3, 1]);
});

Deno.test("StallTracker.next() returns when the next agent will stall", () => {
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

Deno.test("StallTracker reports once that an agent has ended, and no stall", () => {
  const tracker = new StallTracker(100);
  tracker.note(beatOf(7), 0);
  const last = beatOf(7, TERMINAL);
  const ended = { kind: "ended", pid: 7, last, silence: 40 };
  assertEquals(tracker.note(last, 40), ended);
  assertEquals(tracker.note(last, 50), undefined);
  assertEquals(tracker.next(), undefined);
  assertEquals(tracker.due(1_000), []);
});

Deno.test("StallTracker reports that an unknown or stalled agent has ended", () => {
  const tracker = new StallTracker(100);
  const last = beatOf(7, TERMINAL);
  const ended = { kind: "ended", pid: 7, last, silence: 0 };
  assertEquals(tracker.note(last, 5), ended);
  tracker.note(beatOf(8), 0);
  tracker.due(100);
  assertEquals(tracker.note(beatOf(8, TERMINAL), 250)?.kind, "ended");
});

Deno.test("StallTracker reports that an agent returns after its end", () => {
  const tracker = new StallTracker(100);
  tracker.note(beatOf(7, TERMINAL), 0);
  const last = beatOf(7);
  const returned = { kind: "returned", pid: 7, last, silence: 500 };
  assertEquals(tracker.note(last, 500), returned);
  assertEquals(tracker.due(600).map(({ kind }) => kind), ["stalled"]);
});

Deno.test("StallTracker.note() sees no end in an ordinary Critical beat", () => {
  const tracker = new StallTracker(100);
  const last = beatOf(7, { status: Status.Critical });
  assertEquals(tracker.note(last, 0), undefined);
  assertEquals(tracker.due(100).length, 1);
});

Deno.test("StallTracker forgets the longest silent of more than 16,384 agents", () => {
  const tracker = new StallTracker(1);
  for (let pid = 1; pid <= 16_384; pid++) tracker.note(beatOf(pid), 0);
  assertEquals(tracker.due(1).length, 16_384);
  tracker.note(beatOf(16_385), 1);
  assertEquals(tracker.due(2).length, 1);
  assertEquals(tracker.note(beatOf(1), 3), undefined);
  assertEquals(tracker.note(beatOf(2), 3)?.kind, "returned");
});

Deno.test("StallTracker ignores new agents while it has 16,384 live ones", () => {
  const tracker = new StallTracker(100);
  for (let pid = 1; pid <= 16_384; pid++) tracker.note(beatOf(pid), 0);
  tracker.note(beatOf(20_000), 10);
  tracker.note(beatOf(1), 20); // one of those that are known
  assertEquals(tracker.note(beatOf(20_001, TERMINAL), 30)?.kind, "ended");
  assertEquals(tracker.note(beatOf(20_001), 40), undefined);
  const stalled = tracker.due(150).map(({ pid }) => pid);
  assertEquals(stalled.length, 16_384);
  assertEquals(stalled.at(-1), 1);
  // Now there is room.
  assertEquals(tracker.note(beatOf(20_000), 150), undefined);
  assertEquals(tracker.due(250).map(({ pid }) => pid), [20_000]);
});

Deno.test("StallTracker throws an error for an invalid threshold", () => {
  for (const threshold of [0, -1, NaN, Infinity, 2 ** 31 - 0.5, 2 ** 31]) {
    assertThrows(
      () => new StallTracker(threshold),
      RangeError,
      "Cannot report stalls: threshold must be a number of milliseconds above 0 and at most 2147483647: received",
    );
  }
  for (const threshold of ["5", null, 5n] as never[]) {
    assertThrows(() => new StallTracker(threshold), TypeError, "threshold");
  }
  new StallTracker(0.5);
  new StallTracker(2 ** 31 - 1);
});
