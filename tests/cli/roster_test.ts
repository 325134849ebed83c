import { assertEquals } from "@std/assert";
import { type Frame, NONCE_TERMINAL, Status } from "../../mod.ts";
import { type Agent, Roster } from "../../src/cli/roster.ts";
import type { StallChange } from "../../src/observer/mod.ts";
import { plain } from "../support/frames.ts";

function beat(roster: Roster, fields: Partial<Frame>, now = 0): void {
  roster.note({ kind: "beat", frame: { ...plain, ...fields } }, now);
}

function turn(roster: Roster, kind: StallChange["kind"], pid = plain.pid) {
  roster.note({ kind, pid, last: plain, silence: 5_000 }, 5_000);
}

function only(roster: Roster): Agent {
  const agents = [...roster.agents];
  assertEquals(agents.length, 1);
  return agents[0];
}

Deno.test("Roster keeps the last beat of each agent, and when it came", () => {
  const roster = new Roster();
  beat(roster, { pid: 2, nonce: 1n }, 10);
  beat(roster, { pid: 3, nonce: 1n }, 20);
  beat(roster, { pid: 2, nonce: 2n, status: Status.Degraded }, 30);
  const kept = [...roster.agents].map(({ last, at }) => [
    ...[last.pid, last.nonce, last.status, at],
  ]);
  assertEquals(kept, [[3, 1n, Status.Ok, 20], [2, 2n, Status.Degraded, 30]]);
});

Deno.test("Roster adds up the beats that are missing, over a restart", () => {
  const roster = new Roster();
  for (const nonce of [500n, 502n, 1n, 2n, 5n]) beat(roster, { nonce });
  assertEquals(only(roster).lost, 3n);
});

Deno.test("Roster lets an agent beat, stall, return and end", () => {
  const roster = new Roster();
  const states: string[] = [];
  const note = () => states.push(only(roster).state);
  beat(roster, { nonce: 1n });
  note();
  turn(roster, "stalled");
  note();
  beat(roster, { nonce: 2n });
  turn(roster, "returned");
  note();
  beat(roster, { nonce: NONCE_TERMINAL, status: Status.Critical });
  note();
  turn(roster, "ended");
  note();
  assertEquals(states, ["beating", "stalled", "beating", "ended", "ended"]);
});

Deno.test("Roster knows no agent by a turn alone", () => {
  const roster = new Roster();
  turn(roster, "stalled", 99);
  assertEquals([...roster.agents], []);
});

Deno.test("Roster counts rejections, and keeps the last reason", () => {
  const roster = new Roster();
  const bytes = new Uint8Array(1);
  roster.note({ kind: "rejected", reason: "BadLength", bytes }, 0);
  roster.note({ kind: "rejected", reason: "PidMismatch", bytes }, 0);
  assertEquals(roster.rejected, 2);
  assertEquals(roster.lastReason, "PidMismatch");
});

Deno.test("Roster forgets the longest silent of more than 16,384 agents", () => {
  const roster = new Roster();
  for (let pid = 2; pid < 2 + 16_384; pid++) beat(roster, { pid });
  beat(roster, { pid: 2 });
  beat(roster, { pid: 1_000_000 });
  const pids = [...roster.agents].map(({ last }) => last.pid);
  assertEquals(pids.length, 16_384);
  assertEquals(pids[0], 4);
  assertEquals(pids.slice(-2), [2, 1_000_000]);
});
