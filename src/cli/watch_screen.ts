import { Status } from "../frame/status.ts";
import { agentTable } from "./agent_table.ts";
import { escapeControls } from "./escape_controls.ts";
import { PROGRAM } from "./help.ts";
import { type Line, plain, Style } from "./line.ts";
import type { Agent, Roster } from "./roster.ts";

const CAPTION: Line = [{ text: "q or Ctrl-C ends", style: Style.Dim }];

/** The lines that are no agents: the heading, the titles and the caption. */
const OTHER_LINES = 6;

/**
 * What `watch` shows in a terminal of so many rows: a heading, the table, and
 * how it ends. Where there are more agents than rows, those that give cause for
 * concern are among the shown.
 */
export function watchScreen(
  path: string,
  roster: Roster,
  now: number,
  rows: number,
): Line[] {
  const agents = [...roster.agents].sort(byConcern);
  const shown = agents.slice(0, Math.max(1, rows - OTHER_LINES));
  return [
    [{ text: escapeControls(path), style: Style.Bold }],
    countLine(agents, agents.length - shown.length, roster),
    [],
    ...agents.length > 0 ? agentTable(shown, now) : adviceFor(path),
    [],
    CAPTION,
  ].slice(0, rows);
}

function adviceFor(path: string): Line[] {
  return [
    [plain("No beat has come yet. One comes from another terminal by")],
    [plain(`  ${PROGRAM} beat ${escapeControls(path)}`)],
  ];
}

function countLine(
  agents: readonly Agent[],
  hidden: number,
  { rejected, lastReason }: Roster,
): Line {
  const count = (state: Agent["state"]) =>
    agents.filter((agent) => agent.state === state).length;
  const stalled = count("stalled");
  return [
    plain(plural(agents.length, "agent")),
    { text: hidden > 0 ? `, ${hidden} not shown` : "", style: Style.Yellow },
    plain(`: ${count("beating")} beating, `),
    {
      text: `${stalled} stalled`,
      style: stalled > 0 ? Style.Red : Style.Plain,
    },
    plain(`, ${count("ended")} ended`),
    {
      text: rejected > 0
        ? `; ${
          plural(rejected, "datagram")
        } rejected, the last for ${lastReason}`
        : "",
      style: Style.Yellow,
    },
  ];
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

function byConcern(a: Agent, b: Agent): number {
  return concern(b) - concern(a) || a.last.pid - b.last.pid;
}

function concern({ state, last }: Agent): number {
  if (state === "ended") return -1;
  return state === "stalled" ? Status.Stall : last.status;
}
