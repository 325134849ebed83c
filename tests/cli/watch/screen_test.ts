import { assert, assertEquals, assertMatch } from "@std/assert";
import { type Frame, NONCE_TERMINAL, Status } from "../../../mod.ts";
import { Controls } from "../../../src/cli/watch/_controls.ts";
import { render } from "../../../src/cli/watch/_render.ts";
import { Roster } from "../../../src/cli/watch/_roster.ts";
import { Selection } from "../../../src/cli/watch/_selection.ts";
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

/** @param names The names of processes by their pids. */
function newRoster(names: Record<number, string> = {}): Roster {
  return new Roster(5_000, (pid) => ({
    isRunning: pid !== 6,
    name: names[pid],
  }));
}

/** Returns six agents in different states, of which two have exited. */
function createRoster(names?: Record<number, string>): Roster {
  const roster = newRoster(names);
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
}

function textOf(
  roster: Roster,
  { keys = [], ...settings }: Settings = {},
): string[] {
  const state: ScreenState = {
    path: "/run/varta.sock",
    roster,
    controls: new Controls(),
    selection: new Selection(),
    warnings: [],
    now: NOW,
    columns: 100,
    rows: 24,
    isUnicode: true,
    ...settings,
  };
  const { selection, controls, now } = state;
  const lines = () => {
    selection.update(roster, controls, now);
    return screenLines(state);
  };
  for (const key of keys) {
    lines();
    controls.press(key);
  }
  return lines().map((line) =>
    render(line, { ...state, hasColor: false }).trimEnd()
  );
}

Deno.test("screenLines() shows the most severe agents first, and the dead", () => {
  assertEquals(textOf(createRoster(), { columns: 110 }), [
    "1 stalled, 1 gone, 1 Critical, 1 Degraded, 1 Ok, 1 ended",
    "/run/varta.sock, threshold 5.0s",
    "",
    "  PID  STATE            AGE  LAST MINUTE  STALLS    RATE  LOST               PAYLOAD  PEER",
    "    7  stalled, Ok      10s          !         1       -     0  18446744073709551615  uid 1000 gid 100",
    "    5  Critical        0.1s           █        0       -     0                     0  uid 1000 gid 100",
    "99999  Degraded        0.2s           ▅        0       -     0                     0  uid 1000 gid 100",
    " 4242  Ok              0.2s          ▃▃        0  1.00/s    10                     0  uid 1000 gid 100",
    "1 gone, the last: pid 6, 10 s ago; 1 ended (e shows them)",
    "    6  gone, Ok         10s          !         0       -     0                     0  uid 1000 gid 100",
    "",
    "q quit  ? help  / filter  e exited  Space freeze  s p a r l t sort  ↑↓ scroll",
  ]);
});

/** Returns the first two words of each line that begins with a pid. */
function agentsIn(lines: readonly string[]): string[] {
  return lines.flatMap((line) => /^ *(\d+ {2}[\w-]+)/.exec(line)?.[1] ?? [])
    .map((agent) => agent.replace("  ", " "));
}

Deno.test("screenLines() colors gone, also in the first line", () => {
  const roster = createRoster();
  const [selection, controls] = [new Selection(), new Controls()];
  selection.update(roster, controls, NOW);
  const size = { columns: 100, rows: 24, isUnicode: true };
  const lines = screenLines({
    ...{ path: "s", roster, selection, controls, warnings: [], now: NOW },
    ...size,
  }).map((line) => render(line, { ...size, hasColor: true }));
  const red = (text: string) => `\x1b[31m${text}\x1b[0m`;
  assert(lines[0].startsWith(`${red("1 stalled")}, ${red("1 gone")}, `));
  assert(lines[0].endsWith("1 ended"));
  assert(lines[8].startsWith(red("1 gone, the last: pid 6, 10 s ago")));
  assert(lines[9].includes(red("gone, Ok")));
});

Deno.test("screenLines() shows below the fold first who died, by name", () => {
  const roster = createRoster({ 6: "orders" });
  beat(roster, { pid: 9, nonce: NONCE_TERMINAL }, 10_150);
  const lines = textOf(roster, { keys: ["e"] });
  assertEquals(agentsIn(lines), [
    ...["7 -", "5 -", "99999 -", "4242 -", "6 orders", "9 -", "8 -"],
  ]);
  assertMatch(lines[8], /^1 gone, the last: orders 6, .* 2 ended \(e hides/);
  assertMatch(lines[9], /^ +6 {2}orders +gone, Ok +10s /);
  assertMatch(lines[11], /^ +8 {2}- +ended, Critical +1.2s /);
});

Deno.test("screenLines() shows the dead only if there is room without e", () => {
  const roster = createRoster();
  for (const rows of [10, 11, 12, 24]) {
    const shown = agentsIn(textOf(roster, { rows })).includes("6 gone");
    assertEquals(shown, rows >= 10, `${rows}`);
  }
  const lines = textOf(roster, { rows: 9 });
  assertEquals(agentsIn(lines), [
    ...["7 stalled", "5 Critical", "99999 Degraded", "4242 Ok"],
  ]);
  assertMatch(lines[7], /^1 gone, the last: pid 6/);
});

Deno.test("screenLines() scrolls to the dead for e", () => {
  const roster = createMany(50);
  beat(roster, { pid: 6 }, 0);
  stall(roster, 6);
  assertEquals(agentsIn(textOf(roster))[0], "1000 Ok");
  const lines = textOf(roster, { keys: ["e"], rows: 10 });
  assertMatch(lines.at(-3)!, /^1 gone, the last/);
  assertMatch(lines.at(-2)!, /^ +6 {2}gone/);
  assertMatch(lines.at(-1)!, /^47-52 of 52 /);
});

Deno.test("screenLines() shows live agents though many have exited", () => {
  const roster = newRoster();
  const terminal = { nonce: NONCE_TERMINAL, status: Status.Critical };
  beat(roster, { pid: 2 }, NOW);
  for (let pid = 3; pid < 33; pid++) beat(roster, { pid, ...terminal }, 100);
  const lines = textOf(roster);
  assertEquals(agentsIn(lines), ["2 Ok"]);
  assertEquals(lines[5], "30 ended (e shows them)");
});

Deno.test("screenLines() has the threshold, and the order if it is another", () => {
  const second = (...keys: string[]) => textOf(createRoster(), { keys })[1];
  assertEquals(second(), "/run/varta.sock, threshold 5.0s");
  assertEquals(
    second("t", " "),
    "/run/varta.sock, threshold 5.0s, sorted by stalls, order frozen",
  );
});

Deno.test("screenLines() has warnings, in a low window only the first", () => {
  const warnings = ["The file was removed.", "watch was late"];
  const lines = textOf(createRoster(), { warnings });
  assertEquals(lines.slice(2, 5), [...warnings, ""]);
  const low = textOf(createRoster(), { warnings, rows: 10 });
  assertEquals(low[2], warnings[0]);
  assertMatch(low[3], /PID/);
  assertMatch(textOf(createRoster(), { warnings, rows: 7 })[1], /stalled/);
});

Deno.test("screenLines() names the senders of what is rejected", () => {
  const roster = createRoster({ 11: "orders" });
  const reject = (pid: number | undefined, reason: "BadCrc" | "OutOfOrder") => {
    const peer = pid === undefined ? undefined : { pid, uid: 0, gid: 0 };
    const bytes = new Uint8Array(1);
    roster.add({ kind: "rejected", reason, bytes, peer }, NOW);
  };
  for (let i = 0; i < 12; i++) reject(11, "OutOfOrder");
  reject(11, "BadCrc");
  reject(undefined, "BadCrc");
  const lines = textOf(roster);
  assertMatch(lines[0], /^1 stalled, 1 gone, 1 rejected, 1 Critical, /);
  assertEquals(
    lines[2],
    "14 rejected: pid 11 orders 12 OutOfOrder, pid 11 orders 1 BadCrc, pid unknown 1 BadCrc",
  );
  assert(
    lines.some((line) => / 11 {2}orders {2}rejected, BadCrc +- /.test(line)),
  );
});

Deno.test("screenLines() sorts by the key that is pressed", () => {
  const firsts = ["s", "p", "a", "r", "l", "t"].map((key) => {
    const lines = textOf(createRoster(), { keys: [key] });
    return `${agentsIn(lines)[0]}${/, sorted by .*/.exec(lines[1]) ?? ""}`;
  });
  assertEquals(firsts, [
    "7 stalled",
    "5 Critical, sorted by pid",
    "7 stalled, sorted by age",
    "4242 Ok, sorted by rate",
    "4242 Ok, sorted by lost beats",
    "7 stalled, sorted by stalls",
  ]);
});

Deno.test("screenLines() filters by pid, name or state, and shows the filter", () => {
  const names = { 4242: "Deno", 99_999: "postgres" };
  const filtered = (...keys: string[]) =>
    textOf(createRoster(names), { keys: ["/", ...keys] });
  assertEquals(agentsIn(filtered("9", "9", "Enter")), ["99999 postgres"]);
  const lines = filtered("d", "E", "n", "Enter");
  assertEquals(agentsIn(lines), ["4242 Deno"]);
  assertMatch(lines.at(-1)!, /^filter "dEn" {2}q quit /);
  assertMatch(filtered("x").at(-1)!, /^Filter by pid, name or state: x_ {2}En/);
  assert(filtered("x").includes("No agent matches the filter."));
  assertEquals(agentsIn(filtered(..."stall")), ["7 stalled"]);
  // Below the fold, without a press of e.
  assertEquals(agentsIn(filtered(..."gone")), ["6 gone"]);
  assertEquals(agentsIn(filtered(..."ended")), ["8 ended"]);
});

Deno.test("screenLines() has the names of processes if some are known", () => {
  const names = { 7: "漢字", 5: "deno" };
  const lines = textOf(createRoster(names), { keys: ["?", "?"] });
  assertMatch(lines[3], /^ {2}PID {2}NAME {2}STATE/);
  assertMatch(lines[4], /^ {4}7 {2}漢字 {2}stalled/);
  assertMatch(lines[5], /^ {4}5 {2}deno {2}Critical/);
  assertMatch(lines[6], /^99999 {2}- {5}Degraded/);
});

Deno.test("screenLines() cuts a name to 16 columns", () => {
  const names = { 7: "漢".repeat(9), 5: "x".repeat(17), 4242: "y".repeat(16) };
  const lines = textOf(createRoster(names));
  assertMatch(lines[4], /^ {4}7 {2}漢{7}… {3}stalled/);
  assertMatch(lines[5], /^ {4}5 {2}x{15}… {2}Critical/);
  assertMatch(lines[7], /^ 4242 {2}y{16} {2}Ok/);
});

Deno.test("screenLines() aligns names that a terminal without Unicode shows", () => {
  const names = { 7: "漢字", 5: "e\u0301a\u0301", 4242: "漢".repeat(17) };
  const lines = textOf(createRoster(names), { isUnicode: false });
  const column = lines[3].indexOf("STATE");
  assertEquals(
    lines.slice(4, 8).map((line) => line.slice(column, column + 2)),
    [
      ...["st", "Cr", "De", "Ok"],
    ],
  );
  assertMatch(lines[7], / \?{15}> {2}Ok/);
});

Deno.test("screenLines() prefers the name to the last minute in 40 columns", () => {
  const names = Object.fromEntries([7, 5, 99_999, 4242].map((pid) => [
    ...[pid, "image-resizer"],
  ]));
  const lines = textOf(createRoster(names), { columns: 40, rows: 10 });
  assertMatch(lines[2], /^ {2}PID {2}NAME {11}STATE/);
  assert(!lines[2].includes("LAST MINUTE"));
  assertMatch(lines[3], /^ {4}7 {2}image-resizer {2}stalled/);
});

Deno.test("screenLines() orders the agents once in a second", () => {
  const roster = createMany(3);
  const [selection, controls] = [new Selection(), new Controls()];
  const firstAt = (now: number) =>
    agentsIn(textOf(roster, { selection, controls, now }))[0];
  assertEquals(firstAt(NOW), "1000 Ok");
  beat(roster, { pid: 1_002, nonce: 2n, status: Status.Critical }, NOW);
  assertEquals(firstAt(NOW + 999), "1000 Ok");
  assertEquals(firstAt(NOW + 1_000), "1002 Critical");
});

Deno.test("screenLines() keeps each agent in its place after Space", () => {
  const roster = createMany(3);
  const [selection, controls] = [new Selection(), new Controls()];
  const agentsAt = (now: number) =>
    agentsIn(textOf(roster, { selection, controls, now }));
  agentsAt(NOW);
  controls.press(" ");
  const terminal = { nonce: NONCE_TERMINAL, status: Status.Critical };
  beat(roster, { pid: 1_001, ...terminal }, NOW);
  beat(roster, { pid: 1_002, nonce: 2n, status: Status.Critical }, NOW);
  beat(roster, { pid: 7 }, NOW);
  const frozen = ["1000 Ok", "1001 ended", "1002 Critical", "7 Ok"];
  assertEquals(agentsAt(NOW + 5_000), frozen);
  controls.press("e");
  assertEquals(agentsAt(NOW + 5_000), frozen);
  controls.press(" ");
  assertEquals(agentsAt(NOW + 5_001), [
    ...["1002 Critical", "7 Ok", "1000 Ok", "1001 ended"],
  ]);
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
  assertEquals(first("G"), "1032 Ok 33-50 of 50");
  assertEquals(first("End", "Home"), "1000 Ok 1-18 of 50");
  assertEquals(first("G", "g"), "1000 Ok 1-18 of 50");
});

Deno.test("screenLines() shows the keys, the columns and the symbols for ?", () => {
  const lines = textOf(createRoster(), { keys: ["?"], rows: 40 });
  for (
    const word of [
      "PageUp",
      "q, Ctrl-C",
      "LAST MINUTE",
      "▁ no beat",
      "! a stall",
    ]
  ) {
    assert(lines.some((line) => line.includes(word)), word);
  }
  const low = textOf(createRoster(), { keys: ["?", "End"], rows: 10 });
  assertMatch(low.at(-2)!, /^PEER/);
  assertMatch(low.at(-1)!, /^\d+-\d+ of \d+ {2}q close help/);
});

Deno.test("screenLines() shows stalls and the worst agents in a small window", () => {
  for (const columns of [20, 30, 40]) {
    const lines = textOf(createRoster(), { columns, rows: 5 });
    assertEquals(lines.length, 5);
    assertMatch(lines[0], /^1 stalled, 1 gone/);
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
  assertEquals(lines[0], "0 stalled, 0 gone, 0 Ok");
  assertMatch(lines[4], /^ {2}deno run .* beat '\/run\/my varta.sock'$/);
});

Deno.test("screenLines() shows a dash if there is no peer", () => {
  const roster = newRoster();
  roster.add({ kind: "beat", frame: plain }, 10_000);
  assertEquals(textOf(roster)[4].slice(-2), " -");
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
  assertMatch(textOf(createRoster(), later)[4], / !_ /);
});

Deno.test("screenLines() escapes control characters in the path", () => {
  const path = "/tmp/\x1b[31m\n\u009b\u202e.sock";
  assertEquals(
    textOf(newRoster(), { path })[1],
    "/tmp/\\u{1b}[31m\\u{a}\\u{9b}\\u{202e}.sock, threshold 5.0s",
  );
});

Deno.test("screenLines() takes a quarter of the time for 500 agents at most", () => {
  const roster = newRoster();
  const controls = new Controls();
  const selection = new Selection();
  const size = { columns: 200, rows: 60, isUnicode: true };
  const start = performance.now();
  // Ten seconds with ten screens and ten beats of each agent in a second.
  for (let i = 0; i < 100; i++) {
    const now = 100 * i;
    for (let pid = 2; pid < 502; pid++) {
      beat(roster, { pid, nonce: BigInt(i), payload: BigInt(pid) }, now);
    }
    selection.update(roster, controls, now);
    const state = { path: "s", roster, controls, selection, now, ...size };
    for (const line of screenLines({ ...state, warnings: [] })) {
      render(line, { ...size, hasColor: true });
    }
  }
  const time = performance.now() - start;
  assert(time < 2_500, `${time} ms for 10 s`);
});

Deno.test("summaryLine() has the counts of everything that arrived", () => {
  assertEquals(
    summaryLine("/run/a\nb.sock", createRoster(), 192_000),
    "Watched /run/a\\u{a}b.sock for 3m 12s: 6 agents, 16 beats, 10 lost, 1 stall, 1 gone, 0 rejected",
  );
  assertMatch(
    summaryLine("s", createMany(1), 0),
    /: 1 agent, 1 beat, 0 lost, 0 stalls, 0 gone, 0 rejected$/,
  );
});
