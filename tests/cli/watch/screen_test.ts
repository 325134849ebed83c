import { assert, assertEquals, assertMatch } from "@std/assert";
import { type Frame, NONCE_TERMINAL, Status } from "../../../mod.ts";
import { Controls } from "../../../src/cli/watch/_controls.ts";
import { render } from "../../../src/cli/watch/_line.ts";
import { type Agent, Roster } from "../../../src/cli/watch/_roster.ts";
import {
  screenLines,
  type ScreenState,
  summaryLine,
} from "../../../src/cli/watch/_screen.ts";
import { plain } from "../../support/frames.ts";

const peer = { pid: 2, uid: 1000, gid: 100 };
const NOW = 10_200;

function beat(roster: Roster, fields: Partial<Frame>, now: number): void {
  const timestamp = BigInt(now) * 1_000_000n;
  const frame = { ...plain, timestamp, ...fields };
  roster.add({ kind: "beat", frame, peer }, now);
}

function stall(roster: Roster, pid: number): void {
  const last = { ...plain, pid };
  roster.add({ kind: "stalled", pid, last, silence: 5_000 }, 5_000);
}

function newRoster(): Roster {
  return new Roster(1_000, (pid) => pid !== 6);
}

/** Returns six agents in different states, of which two have exited. */
function createRoster(): Roster {
  const roster = newRoster();
  beat(roster, { pid: 6 }, 0);
  stall(roster, 6);
  beat(roster, { pid: 7, payload: 2n ** 64n - 1n }, 100);
  stall(roster, 7);
  for (let i = 0n; i <= 10n; i++) {
    beat(roster, { pid: 4242, nonce: 2n * i + 1n }, Number(i) * 1_000);
  }
  beat(roster, { pid: 99_999, status: Status.Degraded }, 10_000);
  const terminal = { nonce: NONCE_TERMINAL, status: Status.Critical };
  beat(roster, { pid: 8, ...terminal }, 9_000);
  beat(roster, { pid: 5, status: Status.Critical }, 10_100);
  roster.search(NOW);
  return roster;
}

/** Returns `count` agents with the pids from 1000. */
function createMany(count: number): Roster {
  const roster = newRoster();
  for (let i = 0; i < count; i++) beat(roster, { pid: 1_000 + i }, NOW);
  return roster;
}

interface Settings extends Partial<ScreenState> {
  keys?: readonly string[];
  /** Names by pid, instead of those that are read. */
  names?: Record<number, string>;
}

function textOf(
  roster: Roster,
  { keys = [], names = {}, ...settings }: Settings = {},
): string[] {
  const state: ScreenState = {
    path: "/run/varta.sock",
    roster,
    controls: new Controls(),
    now: NOW,
    columns: 100,
    rows: 24,
    isUnicode: true,
    refresh: (agent: Agent) => void (agent.name = names[agent.pid]),
    ...settings,
  };
  for (const key of keys) {
    screenLines(state);
    state.controls.press(key);
  }
  return screenLines(state).map((line) =>
    render(line, { ...state, hasColor: false }).trimEnd()
  );
}

Deno.test("screenLines() shows the most severe agents first", () => {
  assertEquals(textOf(createRoster()), [
    "/run/varta.sock",
    "1 stalled, 1 Critical, 1 Degraded, 1 Ok, 2 exited",
    "",
    "  PID  STATE            AGE  LAST MINUTE    RATE  LOST               PAYLOAD  PEER",
    "    7  stalled, Ok      10s          ▃         -     0  18446744073709551615  uid 1000 gid 100",
    "    5  Critical        0.1s           █        -     0                     0  uid 1000 gid 100",
    "99999  Degraded        0.2s           ▅        -     0                     0  uid 1000 gid 100",
    " 4242  Ok              0.2s          ▃▃   1.00/s    10                     0  uid 1000 gid 100",
    "2 exited, last: pid 6, gone, 10 s ago (e shows them)",
    "",
    "q quit  ? help  / filter  e exited  s p a r l sort  ↑↓ j k scroll",
  ]);
});

/** Returns the first two words of each line that begins with a pid. */
function agentsIn(lines: readonly string[]): string[] {
  return lines.flatMap((line) => /^ *(\d+ {2}\w+)/.exec(line)?.[1] ?? [])
    .map((agent) => agent.replace("  ", " "));
}

Deno.test("screenLines() shows exited agents after live ones of a severity", () => {
  const lines = textOf(createRoster(), { keys: ["e"] });
  assertEquals(agentsIn(lines), [
    ...["7 stalled", "6 gone", "5 Critical", "8 ended", "99999 Degraded"],
    "4242 Ok",
  ]);
  assertMatch(lines[10], /^2 exited, last: .* \(e hides them\)$/);
  assertMatch(lines[7], /^ +8 {2}ended, Critical +1.2s /);
});

Deno.test("screenLines() shows live agents though many have exited", () => {
  const roster = newRoster();
  const terminal = { nonce: NONCE_TERMINAL, status: Status.Critical };
  beat(roster, { pid: 2 }, NOW);
  for (let pid = 3; pid < 33; pid++) beat(roster, { pid, ...terminal }, 100);
  const lines = textOf(roster);
  assertEquals(agentsIn(lines), ["2 Ok"]);
  assertMatch(lines[5], /^30 exited, last: pid 32, Critical, 10 s ago/);
});

Deno.test("screenLines() sorts by the key that is pressed", () => {
  const firsts = ["s", "p", "a", "r", "l"].map((key) => {
    const lines = textOf(createRoster(), { keys: [key] });
    return `${agentsIn(lines)[0]}${/; sorted by .*/.exec(lines[1]) ?? ""}`;
  });
  assertEquals(firsts, [
    "7 stalled",
    "5 Critical; sorted by pid",
    "7 stalled; sorted by age",
    "4242 Ok; sorted by rate",
    "4242 Ok; sorted by lost beats",
  ]);
});

Deno.test("screenLines() filters by pid or name, and shows the filter", () => {
  const names = { 4242: "Deno", 99_999: "postgres" };
  const filtered = (...keys: string[]) =>
    textOf(createRoster(), { keys: ["/", ...keys], names });
  assertEquals(agentsIn(filtered("9", "9", "Enter")), ["99999 postgres"]);
  const lines = filtered("d", "E", "Enter");
  assertEquals(agentsIn(lines), ["4242 Deno"]);
  assertMatch(lines.at(-1)!, /^filter "dE" {2}q quit /);
  assertMatch(filtered("x").at(-1)!, /^Filter by pid or name: x_ {2}Enter /);
  assert(filtered("x").includes("No agent matches the filter."));
});

Deno.test("screenLines() has the names of processes if some are known", () => {
  const names = { 7: "漢字", 5: "deno" };
  const lines = textOf(createRoster(), { names, keys: ["?", "?"] });
  assertMatch(lines[3], /^ {2}PID {2}NAME {2}STATE/);
  assertMatch(lines[4], /^ {4}7 {2}漢字 {2}stalled/);
  assertMatch(lines[5], /^ {4}5 {2}deno {2}Critical/);
  assertMatch(lines[6], /^99999 {2}- {5}Degraded/);
});

Deno.test("screenLines() scrolls if there are more agents than rows", () => {
  const first = (...keys: string[]) => {
    const lines = textOf(createMany(50), { keys });
    return `${agentsIn(lines)[0]} ${lines.at(-1)!.split("  ")[0]}`;
  };
  assertEquals(first(), "1000 Ok 1-18 of 50");
  assertEquals(first("j"), "1001 Ok 2-19 of 50");
  assertEquals(first("PageDown"), "1018 Ok 19-36 of 50");
  assertEquals(first("End"), "1032 Ok 33-50 of 50");
  assertEquals(first("End", "Home"), "1000 Ok 1-18 of 50");
});

Deno.test("screenLines() shows the keys, the columns and the symbols for ?", () => {
  const lines = textOf(createRoster(), { keys: ["?"], rows: 40 });
  for (const word of ["PageUp", "q, Ctrl-C", "LAST MINUTE", "▁ no beat"]) {
    assert(lines.some((line) => line.includes(word)), word);
  }
  const low = textOf(createRoster(), { keys: ["?", "End"], rows: 10 });
  assertMatch(low.at(-2)!, /^PEER/);
  assertMatch(low.at(-1)!, /^\d+-\d+ of \d+ {2}q quit {2}\? close help/);
});

Deno.test("screenLines() shows stalls and the worst agents in a small window", () => {
  for (const columns of [20, 30, 40]) {
    const lines = textOf(createRoster(), { columns, rows: 5 });
    assertEquals(lines.length, 5);
    assertMatch(lines[0], /^1 stalled, 1 Critic/);
    assertEquals(agentsIn(lines), [
      ...["7 stalled", "5 Critical", "99999 Degraded", "4242 Ok"],
    ]);
    assertMatch(lines[1], columns < 30 ? /stalled$/ : /stalled +10s/);
  }
});

Deno.test("screenLines() has only whole columns, in a table that fits", () => {
  for (let columns = 20; columns <= 120; columns++) {
    const lines = textOf(createRoster(), { columns });
    const titles = lines[3].trim().split(/ {2,}/);
    assert(titles[0] === "PID" && titles[1] === "STATE", `${titles}`);
    assert(!lines[3].includes("…"), `${columns}: ${lines[3]}`);
  }
});

Deno.test("screenLines() never has more lines than rows", () => {
  for (let rows = 1; rows < 30; rows++) {
    for (const roster of [createRoster(), newRoster(), createMany(50)]) {
      for (const keys of [[], ["?"], ["/"], ["e"]]) {
        assert(textOf(roster, { rows, keys }).length <= rows, `${rows}`);
      }
    }
  }
});

Deno.test("screenLines() shows how to send a beat if there is none yet", () => {
  const lines = textOf(newRoster(), { path: "/run/my varta.sock" });
  assertEquals(lines[1], "0 stalled, 0 Critical, 0 Degraded, 0 Ok, 0 exited");
  assertMatch(lines[4], /^ {2}deno run .* beat '\/run\/my varta.sock'$/);
});

Deno.test("screenLines() shows a dash if there is no peer", () => {
  const roster = newRoster();
  roster.add({ kind: "beat", frame: plain }, 10_000);
  assertEquals(textOf(roster)[4].slice(-2), " -");
});

Deno.test("screenLines() counts rejections, and shows the last reason", () => {
  const roster = createRoster();
  const bytes = new Uint8Array(1);
  roster.add({ kind: "rejected", reason: "BadCrc", bytes }, 0);
  assertMatch(textOf(roster)[1], /2 exited; 1 rejected, the last: BadCrc$/);
});

Deno.test("screenLines() shows at a glance that an agent flaps", () => {
  const roster = newRoster();
  for (let now = 0; now < 60_000; now += 500) {
    const status = now % 3_000 < 1_500 ? Status.Ok : Status.Critical;
    beat(roster, { pid: 2, status }, now);
    const other = now < 30_000 ? Status.Degraded : Status.Ok;
    beat(roster, { pid: 3, status: other }, now);
  }
  const lines = textOf(roster, { now: 59_999 });
  assertMatch(lines[4], /^ +2 {2}Critical .* ▓{10} /);
  assertMatch(lines[5], /^ +3 {2}Ok .* ▅{5}▃{5} /);
});

Deno.test("screenLines() uses only ASCII if the terminal has no Unicode", () => {
  for (const keys of [[], ["?"], ["e"]]) {
    const lines = textOf(createRoster(), { isUnicode: false, keys });
    assertMatch(lines.join(""), /^[ -~]+$/);
    assert(!lines.join("").includes(" ?? "));
  }
  const later = { isUnicode: false, now: NOW + 6_000 };
  assertMatch(textOf(createRoster(), later)[4], / -_ /);
});

Deno.test("screenLines() escapes control characters in the path", () => {
  const path = "/tmp/\x1b[31m\n\u009b\u202e.sock";
  assertEquals(
    textOf(newRoster(), { path })[0],
    "/tmp/\\u{1b}[31m\\u{a}\\u{9b}\\u{202e}.sock",
  );
});

Deno.test("screenLines() takes a quarter of the time for 500 agents at most", () => {
  const roster = newRoster();
  const controls = new Controls();
  const refresh = () => {};
  const size = { columns: 200, rows: 60, isUnicode: true };
  const start = performance.now();
  // Ten seconds with ten screens and ten beats of each agent in a second.
  for (let i = 0; i < 100; i++) {
    const now = 100 * i;
    for (let pid = 2; pid < 502; pid++) {
      beat(roster, { pid, nonce: BigInt(i), payload: BigInt(pid) }, now);
    }
    const state = { path: "s", roster, controls, now, refresh, ...size };
    for (const line of screenLines(state)) {
      render(line, { ...size, hasColor: true });
    }
  }
  const time = performance.now() - start;
  assert(time < 2_500, `${time} ms for 10 s`);
});

Deno.test("summaryLine() has the counts of everything that arrived", () => {
  assertEquals(
    summaryLine("/run/a\nb.sock", createRoster(), 192_000),
    "Watched /run/a\\u{a}b.sock for 3m 12s: 6 agents, 16 beats, 10 lost, 2 stalls, 0 rejected",
  );
  assertMatch(
    summaryLine("s", createMany(1), 0),
    /: 1 agent, 1 beat, 0 lost, 0 stalls, 0 rejected$/,
  );
});
