import { Status } from "../status.ts";
import { agentTable } from "./agent_table.ts";
import { escapeControls } from "./escape_controls.ts";
import { PROGRAM } from "./help.ts";
import { type Line, plain, Style } from "./line.ts";
import type { Agent, Roster } from "./roster.ts";

const CAPTION = "q or Ctrl-C ends";

/**
 * What `watch` shows in a terminal of so many rows: a heading, the table, and
 * what there is to say below. Where there are more agents than rows, those that
 * give cause for concern are among the shown.
 */
export function watchScreen(
  path: string,
  roster: Roster,
  now: number,
  rows: number,
): Line[] {
  const agents = [...roster.agents].sort(byConcern);
  const heading: Line[] = [
    [{ text: escapeControls(path), style: Style.Bold }],
    countLine(agents, roster),
    [],
  ];
  if (agents.length === 0) {
    const advice: Line[] = [
      [plain("No beat has come yet. One comes from another terminal by")],
      [plain(`  ${PROGRAM} beat ${escapeControls(path)}`)],
    ];
    return [...heading, ...advice, [], caption()].slice(0, rows);
  }
  // The titles, an empty line and the caption are no agents.
  const room = Math.max(1, rows - heading.length - 3);
  const table = agentTable(agents.slice(0, room), now);
  return [...heading, ...table, [], caption(agents.length - room)]
    .slice(0, rows);
}

function caption(hidden = 0): Line {
  return [{
    text: hidden > 0
      ? `${hidden} more not shown: make the window higher.  ${CAPTION}`
      : CAPTION,
    style: Style.Dim,
  }];
}

function countLine(
  agents: readonly Agent[],
  { rejected, lastReason }: Roster,
): Line {
  const count = (state: Agent["state"]) =>
    agents.filter((agent) => agent.state === state).length;
  const stalled = count("stalled");
  return [
    plain(`${plural(agents.length, "agent")}: ${count("beating")} beating, `),
    {
      text: `${stalled} stalled`,
      style: stalled > 0 ? Style.Red : Style.Plain,
    },
    plain(`, ${count("ended")} ended`),
    ...rejected > 0
      ? [
        plain("; "),
        {
          text: `${
            plural(rejected, "datagram")
          } rejected, the last for ${lastReason}`,
          style: Style.Yellow,
        },
      ]
      : [],
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
