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
import type { ProcessState } from "../../../ffi/process/proc.ts";
import type { Rejection, StallChange } from "../../../src/observer/mod.ts";
import { plain } from "../../support/frames.ts";

const THRESHOLD = 1_000;

/** @param inspect What is known about a process; by default, that it runs. */
function createRoster(
  inspect = (_pid: number): ProcessState => ({ isRunning: true }),
): Roster {
  return new Roster(THRESHOLD, inspect);
}

/** Adds a beat; the agent's clock is the observer's, if not given. */
function beat(roster: Roster, fields: Partial<Frame>, now = 0): void {
  const timestamp = BigInt(now) * 1_000_000n;
  roster.add({ kind: "beat", frame: { ...plain, timestamp, ...fields } }, now);
}

function change(
  roster: Roster,
  kind: StallChange["kind"],
  pid = plain.pid,
  now = 5_000,
) {
  return roster.add({ kind, pid, last: plain, silence: 5_000 }, now);
}

function reject(
  roster: Roster,
  pid: number | undefined,
  now = 0,
  reason: Rejection["reason"] = "OutOfOrder",
) {
  const peer = pid === undefined ? undefined : { pid, uid: 0, gid: 0 };
  roster.add({ kind: "rejected", reason, bytes: new Uint8Array(1), peer }, now);
}

/** Returns the agents as texts, those that have exited last. */
function statesIn(roster: Roster): string[] {
  return [...roster.live, ...roster.exited].map(({ pid, state }) =>
    `${pid} ${state}`
  );
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
    ...[last!.pid, last!.nonce, last!.status, at],
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
  reject(roster, 2);
  reject(roster, 9);
  reject(roster, undefined);
  assertEquals(roster.totals, {
    agents: 2,
    gone: 0,
    ended: 1,
    beats: 4,
    lost: 2n,
    stalls: 1,
    rejected: 3,
  });
});

Deno.test("Roster says at the threshold that the process of an agent has ended", () => {
  const roster = createRoster((pid) => ({ isRunning: pid !== 2 }));
  beat(roster, { pid: 2 }, 10);
  beat(roster, { pid: 3 }, 10);
  const last = { ...plain, pid: 2, timestamp: 10_000_000n };
  assertEquals(change(roster, "stalled", 2, 1_010), {
    ...{ kind: "gone", pid: 2, last, silence: 1_000 },
  });
  assertEquals(change(roster, "stalled", 3, 1_010), undefined);
  assertEquals(statesIn(roster), ["3 stalled", "2 gone"]);
  const { stalls, gone, ended } = roster.totals;
  assertEquals({ stalls, gone, ended }, { stalls: 1, gone: 1, ended: 0 });
});

Deno.test("Roster says that an agent is gone if its pid is another process", () => {
  let started = "100";
  const roster = createRoster(() => ({ isRunning: true, started }));
  beat(roster, {});
  started = "200";
  assertEquals(change(roster, "stalled")?.kind, "gone");
});

Deno.test("Roster.search() finds stalled agents that have died since", () => {
  const running = new Set([2, 3, 4]);
  const roster = createRoster((pid) => ({ isRunning: running.has(pid) }));
  for (const pid of [2, 3, 4]) {
    beat(roster, { pid }, 0);
    change(roster, "stalled", pid, 1_000);
  }
  beat(roster, { pid: 4, nonce: 2n }, 1_001);
  assertEquals(roster.search(1_100), []);
  running.clear();
  // It searches once in a second.
  assertEquals(roster.search(2_099), []);
  const deaths = roster.search(2_100);
  assertEquals(deaths.map(({ kind, pid, silence }) => [kind, pid, silence]), [
    ["gone", 2, 2_100],
    ["gone", 3, 2_100],
  ]);
  // An agent that beats is not inspected.
  assertEquals(statesIn(roster), ["4 beating", "3 gone", "2 gone"]);
  assertEquals(roster.search(3_200), []);
  beat(roster, { pid: 3, nonce: 2n }, 3_300);
  assertEquals(statesIn(roster), ["4 beating", "3 beating", "2 gone"]);
  assertEquals(roster.totals.gone, 1);
});

Deno.test("Roster.search() inspects 256 processes, each one in turn", () => {
  let isRunning = true;
  let inspections = 0;
  const roster = createRoster(() => {
    inspections++;
    return { isRunning };
  });
  for (let pid = 2; pid < 602; pid++) {
    beat(roster, { pid });
    change(roster, "stalled", pid);
  }
  inspections = 0;
  roster.search(10_000);
  assertEquals(inspections, 256);
  isRunning = false;
  const deaths = [11_000, 12_000, 13_000].map((now) =>
    roster.search(now).length
  );
  assertEquals(deaths, [256, 256, 88]);
});

Deno.test("Roster counts the stalls of each agent, and marks their cells", () => {
  const roster = createRoster();
  for (let i = 0; i < 3; i++) {
    beat(roster, { pid: 2, nonce: BigInt(i) }, 10_000 * i);
    // Shorter than a cell, and with beats before and after it.
    change(roster, "stalled", 2, 10_000 * i + 1_000);
    beat(roster, { pid: 2, nonce: BigInt(i) + 1n }, 10_000 * i + 1_500);
  }
  const [{ stalls, history }] = roster.live;
  assertEquals(stalls, 3);
  const marks = history.at(22_000).map((cell) => cell === "stalled");
  assertEquals(marks.slice(-4), [true, true, false, true]);
});

Deno.test("Roster says that all beats of an agent are rejected", () => {
  const roster = createRoster();
  beat(roster, { pid: 2 }, 0);
  reject(roster, 2, 900);
  assertEquals(statesIn(roster), ["2 beating"]);
  change(roster, "stalled", 2, 1_000);
  assertEquals(statesIn(roster), ["2 rejected"]);
  // Neither do they arrive any more.
  roster.search(1_900);
  assertEquals(statesIn(roster), ["2 stalled"]);
  reject(roster, 2, 3_000);
  assertEquals(statesIn(roster), ["2 rejected"]);
  assertEquals(onlyAgent(roster).reason, "OutOfOrder");
  beat(roster, { pid: 2, nonce: 9n }, 3_100);
  assertEquals(statesIn(roster), ["2 beating"]);
});

Deno.test("Roster shows a sender without a beat until its process ends", () => {
  let isRunning = true;
  const roster = createRoster(() => ({ isRunning }));
  reject(roster, 7, 0);
  roster.search(2_000);
  assertEquals(statesIn(roster), ["7 rejected"]);
  assertEquals(roster.totals.agents, 0);
  isRunning = false;
  // It has not died: it never was an agent.
  assertEquals(roster.search(3_000), []);
  assertEquals(statesIn(roster), []);
});

Deno.test("Roster shows rejected beats after a terminal beat", () => {
  const roster = createRoster();
  beat(roster, terminal);
  assertEquals(roster.totals.ended, 1);
  reject(roster, plain.pid);
  assertEquals(statesIn(roster), ["2 rejected"]);
  assertEquals(roster.totals.ended, 0);
});

Deno.test("Roster.rejections names each sender, the reason, and how often", () => {
  const roster = createRoster((pid) => ({ isRunning: true, name: `n${pid}` }));
  reject(roster, 2, 0, "BadCrc");
  for (let i = 0; i < 3; i++) reject(roster, 3);
  reject(roster, undefined, 0, "BadLength");
  reject(roster, 2, 0, "BadCrc");
  assertEquals(roster.rejections, [
    { pid: 3, name: "n3", reason: "OutOfOrder", count: 3 },
    { pid: 2, name: "n2", reason: "BadCrc", count: 2 },
    { pid: undefined, name: undefined, reason: "BadLength", count: 1 },
  ]);
  for (let pid = 10; pid < 1_000; pid++) reject(roster, pid);
  assertEquals(roster.rejections.length, 256);
});

Deno.test("Roster reads a name at the first beat, and keeps it", () => {
  const names: (string | undefined)[] = ["a\x1bb", "other", undefined, "new"];
  const roster = createRoster(() => ({ isRunning: true, name: names.shift() }));
  beat(roster, {});
  beat(roster, { nonce: 2n });
  assertEquals(onlyAgent(roster).name, "a\\u{1b}b");
  change(roster, "stalled");
  assertEquals(onlyAgent(roster).name, "a\\u{1b}b");
  beat(roster, terminal);
  // Its process has ended, and has no name any more.
  beat(roster, { nonce: 3n });
  assertEquals(onlyAgent(roster).name, "a\\u{1b}b");
  beat(roster, terminal);
  // The pid may be another process by now.
  beat(roster, { nonce: 4n });
  assertEquals(onlyAgent(roster).name, "new");
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
  assertEquals(roster.totals.ended, 2_000);
  assertEquals(roster.exited[0].pid, 2_002);
  assertEquals(roster.live.map(({ pid }) => pid), [2]);
});

Deno.test("Roster keeps an agent that died though many others ended", () => {
  const roster = createRoster((pid) => ({ isRunning: pid !== 2 }));
  beat(roster, { pid: 2 });
  change(roster, "stalled", 2);
  for (let pid = 3; pid < 3 + 2_000; pid++) beat(roster, { pid, ...terminal });
  assertEquals(roster.exited[0].pid, 2);
});

Deno.test("Roster has an agent that ended and beats again only once", () => {
  const roster = createRoster();
  beat(roster, { pid: 2, ...terminal });
  beat(roster, { pid: 2, nonce: 1n });
  assertEquals(statesIn(roster), ["2 beating"]);
  const { agents, ended } = roster.totals;
  assertEquals({ agents, ended }, { agents: 1, ended: 0 });
});

Deno.test("Roster does not replace agents by senders of other things", () => {
  const roster = createRoster();
  for (let pid = 2; pid < 2 + 16_384; pid++) beat(roster, { pid });
  reject(roster, 1_000_000);
  assertEquals(roster.live.length, 16_384);
  assertEquals(roster.live[0].pid, 2);
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
