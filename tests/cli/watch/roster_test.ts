import { assertEquals } from "@std/assert";
import {
  type Frame,
  NONCE_TERMINAL,
  Status,
  type VlpVersion,
} from "../../../mod.ts";
import {
  type Agent,
  lostBetween,
  Roster,
} from "../../../src/cli/watch/_roster.ts";
import type { StallChange } from "../../../src/observer/mod.ts";
import { plain } from "../../support/frames.ts";

const THRESHOLD = 1_000;

function createRoster(isRunning = (_pid: number) => true): Roster {
  return new Roster(THRESHOLD, isRunning);
}

/** Adds a beat; the agent's clock is the observer's, if not given. */
function beat(roster: Roster, fields: Partial<Frame>, now = 0): void {
  const timestamp = BigInt(now) * 1_000_000n;
  roster.add({ kind: "beat", frame: { ...plain, timestamp, ...fields } }, now);
}

function change(roster: Roster, kind: StallChange["kind"], pid = plain.pid) {
  roster.add({ kind, pid, last: plain, silence: 5_000 }, 5_000);
}

function onlyAgent(roster: Roster): Agent {
  const agents = [...roster.live, ...roster.exited];
  assertEquals(agents.length, 1);
  return agents[0];
}

const terminal = { nonce: NONCE_TERMINAL, status: Status.Critical };

Deno.test("Roster keeps the last beat of each agent, and its time", () => {
  const roster = createRoster();
  beat(roster, { pid: 2, nonce: 1n }, 10);
  beat(roster, { pid: 3, nonce: 1n }, 20);
  beat(roster, { pid: 2, nonce: 2n, status: Status.Degraded }, 30);
  const kept = roster.live.map(({ last, at }) => [
    ...[last.pid, last.nonce, last.status, at],
  ]);
  assertEquals(kept, [[3, 1n, Status.Ok, 20], [2, 2n, Status.Degraded, 30]]);
});

Deno.test("Roster adds up the missing beats, also over a restart", () => {
  const roster = createRoster();
  for (const [i, nonce] of [500n, 502n, 1n, 2n, 5n].entries()) {
    beat(roster, { nonce }, i);
  }
  assertEquals(onlyAgent(roster).lost, 3n);
});

Deno.test("Roster changes the state of an agent by its events", () => {
  const roster = createRoster();
  const states: string[] = [];
  const addState = () => states.push(onlyAgent(roster).state);
  beat(roster, { nonce: 1n });
  addState();
  change(roster, "stalled");
  addState();
  beat(roster, { nonce: 2n });
  change(roster, "returned");
  addState();
  beat(roster, terminal);
  addState();
  change(roster, "ended");
  addState();
  beat(roster, { nonce: 1n });
  addState();
  assertEquals(states, [
    ...["beating", "stalled", "beating", "ended", "ended", "beating"],
  ]);
});

Deno.test("Roster ignores a change of an agent that never beat", () => {
  const roster = createRoster();
  change(roster, "stalled", 99);
  assertEquals(roster.live, []);
});

Deno.test("Roster counts agents, beats, losses, stalls and rejections", () => {
  const roster = createRoster();
  beat(roster, { pid: 2, nonce: 1n }, 0);
  beat(roster, { pid: 2, nonce: 4n }, 1);
  beat(roster, { pid: 3, nonce: 1n }, 2);
  beat(roster, { pid: 3, ...terminal }, 3);
  change(roster, "stalled", 2);
  const bytes = new Uint8Array(1);
  for (const reason of ["BadLength", "PidMismatch", "OutOfOrder"] as const) {
    roster.add({ kind: "rejected", reason, bytes }, 0);
  }
  assertEquals(roster.totals, {
    agents: 2,
    exited: 1,
    beats: 4,
    lost: 2n,
    stalls: 1,
    rejected: 3,
  });
  assertEquals(roster.lastReason, "OutOfOrder");
});

Deno.test("Roster.search() finds stalled agents without a process", () => {
  const running = new Set([3]);
  const roster = createRoster((pid) => running.has(pid));
  for (const pid of [2, 3, 4]) {
    beat(roster, { pid }, 0);
    change(roster, "stalled", pid);
  }
  beat(roster, { pid: 4, nonce: 2n }, 1);
  change(roster, "stalled", 4);
  const states = () =>
    [...roster.live, ...roster.exited].map(({ pid, state }) =>
      `${pid} ${state}`
    );
  roster.search(10 * THRESHOLD - 1);
  assertEquals(states(), ["2 stalled", "3 stalled", "4 stalled"]);
  // It searches once in a second.
  roster.search(10 * THRESHOLD + 998);
  assertEquals(states(), ["2 stalled", "3 stalled", "4 stalled"]);
  roster.search(10 * THRESHOLD + 999);
  assertEquals(states(), ["3 stalled", "2 gone", "4 gone"]);
  beat(roster, { pid: 4, nonce: 3n }, 11_000);
  assertEquals(states(), ["3 stalled", "4 beating", "2 gone"]);
});

Deno.test("Roster.search() keeps an agent that beats", () => {
  const roster = createRoster(() => false);
  beat(roster, {});
  roster.search(1e9);
  assertEquals(onlyAgent(roster).state, "beating");
});

Deno.test("Roster keeps 16,384 agents, without those silent for longest", () => {
  const roster = createRoster();
  for (let pid = 2; pid < 2 + 16_384; pid++) beat(roster, { pid });
  beat(roster, { pid: 2 });
  beat(roster, { pid: 1_000_000 });
  const pids = roster.live.map(({ pid }) => pid);
  assertEquals(pids.length, 16_384);
  assertEquals(pids[0], 4);
  assertEquals(pids.slice(-2), [2, 1_000_000]);
});

Deno.test("Roster keeps 1,024 exited agents, and counts the others", () => {
  const roster = createRoster();
  beat(roster, { pid: 2 });
  for (let pid = 3; pid < 3 + 2_000; pid++) beat(roster, { pid, ...terminal });
  assertEquals(roster.exited.length, 1_024);
  assertEquals(roster.totals.exited, 2_000);
  assertEquals(roster.lastExited?.pid, 2_002);
  assertEquals(roster.live.map(({ pid }) => pid), [2]);
});

const LAST = NONCE_TERMINAL - 1n;

function lost(before: bigint, after: bigint, version: VlpVersion = 1): bigint {
  return lostBetween(
    { ...plain, version, nonce: before },
    { ...plain, version, nonce: after, timestamp: NONCE_TERMINAL - 1n },
  );
}

Deno.test("lostBetween() counts the missing nonces", () => {
  assertEquals(lost(1n, 2n), 0n);
  assertEquals(lost(1n, 3n), 1n);
  assertEquals(lost(1n, 1_000_000n), 999_998n);
});

Deno.test("lostBetween() returns 0 if the nonce decreases", () => {
  for (const version of [1, 2] as const) {
    assertEquals(lost(1_000n, 1n, version), 0n);
    assertEquals(lost(1_000n, 5n, version), 0n);
  }
  assertEquals(lost(LAST, 3n, 1), 0n);
});

Deno.test("lostBetween() returns 0 if version 1 stays at its last nonce", () => {
  assertEquals(lost(LAST, LAST), 0n);
});

Deno.test("lostBetween() continues after the last nonce of version 2", () => {
  assertEquals(lost(LAST, 0n, 2), 0n);
  assertEquals(lost(LAST - 1n, 2n, 2), 3n);
});

Deno.test("lostBetween() returns 0 before and after a terminal beat", () => {
  for (const version of [1, 2] as const) {
    assertEquals(lost(7n, NONCE_TERMINAL, version), 0n);
    assertEquals(lost(NONCE_TERMINAL, 1n, version), 0n);
    assertEquals(lost(NONCE_TERMINAL, 9n, version), 0n);
  }
});

Deno.test("lostBetween() returns 0 if the nonce is the time", () => {
  const clock = (nonce: bigint, timestamp: bigint) => ({
    ...plain,
    nonce,
    timestamp,
  });
  const first = clock(5_000_000_000n, 1_000n);
  assertEquals(lostBetween(first, clock(6_000_000_100n, 1_000_000_900n)), 0n);
  // A count that is as large.
  assertEquals(lostBetween(first, clock(5_000_000_003n, 1_000_000_900n)), 2n);
});

Deno.test("lostBetween() returns 0 if the agent's clock starts again", () => {
  const before = { ...plain, nonce: 1n, timestamp: 10_000n };
  const after = { ...plain, nonce: 50n, timestamp: 9_000n };
  assertEquals(lostBetween(before, after), 0n);
});
