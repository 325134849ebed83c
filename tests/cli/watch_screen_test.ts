import { assert, assertEquals, assertMatch } from "@std/assert";
import { type Frame, NONCE_TERMINAL, Status } from "../../mod.ts";
import { render } from "../../src/cli/line.ts";
import { Roster } from "../../src/cli/roster.ts";
import { watchScreen } from "../../src/cli/watch_screen.ts";
import { plain } from "../support/frames.ts";

const peer = { pid: 2, uid: 1000, gid: 100 };

function beat(roster: Roster, fields: Partial<Frame>, now: number): void {
  const frame = { ...plain, ...fields };
  roster.note({ kind: "beat", frame, peer }, now);
}

/** Four agents, one of each kind. */
function createRoster(): Roster {
  const roster = new Roster();
  for (let i = 0n; i <= 10n; i++) {
    beat(roster, { pid: 4242, nonce: 2n * i + 1n }, Number(i) * 1_000);
  }
  beat(roster, { pid: 7, payload: 2n ** 64n - 1n }, 0);
  const last = { ...plain, pid: 7 };
  roster.note({ kind: "stalled", pid: 7, last, silence: 5_000 }, 5_000);
  beat(roster, { pid: 99_999, status: Status.Degraded }, 10_000);
  const terminal = { nonce: NONCE_TERMINAL, status: Status.Critical };
  beat(roster, { pid: 8, ...terminal }, 9_000);
  return roster;
}

function textOf(roster: Roster, rows = 24, columns = 100): string[] {
  return watchScreen("/run/varta.sock", roster, 10_200, rows)
    .map((line) => render(line, columns, false).trimEnd());
}

Deno.test("watchScreen() shows the agents in columns, those of concern first", () => {
  assertEquals(textOf(createRoster()), [
    "/run/varta.sock",
    "4 agents: 2 beating, 1 stalled, 1 ended",
    "",
    "  PID  STATE    STATUS     AGE    RATE  LOST               PAYLOAD  PEER",
    "    7  stalled  Ok         10s       -     0  18446744073709551615  uid 1000 gid 100",
    "99999  beating  Degraded  0.2s       -     0                     0  uid 1000 gid 100",
    " 4242  beating  Ok        0.2s  1.00/s    10                     0  uid 1000 gid 100",
    "    8  ended    Critical  1.2s       -     0                     0  uid 1000 gid 100",
    "",
    "q or Ctrl-C ends",
  ]);
});

Deno.test("watchScreen() says how a first beat comes while there is none", () => {
  const lines = textOf(new Roster());
  assertEquals(lines[1], "0 agents: 0 beating, 0 stalled, 0 ended");
  assert(lines.some((line) => line.endsWith("cli beat /run/varta.sock")));
});

Deno.test("watchScreen() has a dash for a peer that is not attested", () => {
  const roster = new Roster();
  roster.note({ kind: "beat", frame: plain }, 10_000);
  assertEquals(textOf(roster)[4].slice(-2), " -");
});

Deno.test("watchScreen() counts the rejected, with the last reason", () => {
  const roster = createRoster();
  const bytes = new Uint8Array(1);
  roster.note({ kind: "rejected", reason: "BadCrc", bytes }, 0);
  assertEquals(
    textOf(roster)[1],
    "4 agents: 2 beating, 1 stalled, 1 ended; 1 datagram rejected, the last for BadCrc",
  );
});

Deno.test("watchScreen() says how many agents have no row", () => {
  const lines = textOf(createRoster(), 8);
  assertEquals(lines.length, 8);
  assertMatch(lines[1], /^4 agents, 2 not shown: 2 beating, /);
  assertEquals(lines.slice(4).map((line) => line.slice(0, 14)), [
    "    7  stalled",
    "99999  beating",
    "",
    "q or Ctrl-C en",
  ]);
  assertMatch(textOf(createRoster(), 10)[1], /^4 agents: 2 beating, /);
});

Deno.test("watchScreen() has no more lines than rows, however few", () => {
  for (let rows = 1; rows < 12; rows++) {
    for (const roster of [createRoster(), new Roster()]) {
      assert(textOf(roster, rows).length <= rows, `${rows}`);
    }
  }
});

Deno.test("watchScreen() shows no control character of a path", () => {
  const path = "/tmp/\x1b[31m\n\u009b\u202e.sock";
  const [[{ text }]] = watchScreen(path, new Roster(), 0, 24);
  assertEquals(text, "/tmp/\\u{1b}[31m\\u{a}\\u{9b}\\u{202e}.sock");
});
