import { Status } from "../../frame/status.ts";
import { PROGRAM } from "../_help.ts";
import { escapeControls, quoteForShell, statusName } from "../_text.ts";
import { type Controls, sortKeys } from "./_controls.ts";
import { type Line, plain, Style } from "./_line.ts";
import { type Agent, hasExited, type Roster, severityOf } from "./_roster.ts";
import {
  ASCII,
  BLOCKS,
  formatAgo,
  formatDuration,
  statusStyles,
  tableLines,
  type TableState,
} from "./_table.ts";

/** What a screen shows. */
export interface ScreenState extends TableState {
  readonly path: string;
  readonly roster: Roster;
  readonly controls: Controls;
  readonly rows: number;
  /** Called with each agent whose name would be shown or compared. */
  refresh(agent: Agent): void;
}

/** From so many rows, there are blank lines and the path. */
const ROWS_FOR_ALL = 16;

/** From so many rows, there are titles and a footer. */
const ROWS_FOR_TITLES = 8;

/**
 * Returns the lines of a screen: a header, a table of the agents, and a footer. The
 * number of stalled agents is first, and the agents whose state is worst are the
 * first in the table, so that they are shown in a small window too.
 */
export function screenLines(state: ScreenState): Line[] {
  const { path, controls, rows } = state;
  const hasAll = rows >= ROWS_FOR_ALL;
  const hasTitles = rows >= ROWS_FOR_TITLES;
  const header = [
    ...hasAll ? [[{ text: escapeControls(path), style: Style.BOLD }]] : [],
    countsLine(state),
    ...hasAll ? [[]] : [],
  ];
  const hasFooter = hasTitles || controls.isTyping;
  const room = rows - header.length - (hasAll ? 2 : hasFooter ? 1 : 0);
  const { lines, position } = controls.hasHelp
    ? scrolled(helpLines(state), room, controls)
    : bodyLines(state, room, hasTitles);
  return [
    ...header,
    ...lines,
    ...hasAll ? [[]] : [],
    ...hasFooter ? [footer(state, position)] : [],
  ].slice(0, rows);
}

/** Lines, and which of more lines they are, if they are not all. */
interface Part {
  readonly lines: Line[];
  readonly position: string;
}

function scrolled<T>(
  items: readonly T[],
  page: number,
  controls: Controls,
): { readonly lines: T[]; readonly position: string } {
  const first = controls.scroll(items.length, page);
  const lines = items.slice(first, first + Math.max(0, page));
  const position = lines.length < items.length
    ? `${first + 1}-${first + lines.length} of ${items.length}`
    : "";
  return { lines, position };
}

function bodyLines(
  state: ScreenState,
  room: number,
  hasTitles: boolean,
): Part {
  const { roster, controls, path } = state;
  if (roster.totals.agents === 0) {
    return { lines: emptyLines(path), position: "" };
  }
  const agents = selectedAgents(state);
  // In a low window, agents are more important than the line for exited ones.
  const hasFold = roster.totals.exited > 0 &&
    (hasTitles || agents.length < room);
  const page = room - (hasTitles ? 1 : 0) - (hasFold ? 1 : 0);
  const { lines: shown, position } = scrolled(agents, page, controls);
  for (const agent of shown) state.refresh(agent);
  return {
    lines: [
      ...agents.length > 0 || !hasTitles
        ? tableLines(shown, state).slice(hasTitles ? 0 : 1)
        : [[plain(controls.filter ? "No agent matches the filter." : "")]],
      ...hasFold ? [foldLine(state)] : [],
    ],
    position,
  };
}

function emptyLines(path: string): Line[] {
  return [
    [plain("No beat has arrived yet. To send one from another terminal:")],
    [plain(`  ${PROGRAM} beat ${quoteForShell(path)}`)],
  ];
}

function selectedAgents(state: ScreenState): Agent[] {
  const { roster, controls: { filter, order, isExpanded }, now } = state;
  const all = isExpanded ? [...roster.live, ...roster.exited] : roster.live;
  const wanted = filter.toLowerCase();
  const agents = all.filter((agent) => {
    if (wanted === "") return true;
    state.refresh(agent);
    return String(agent.pid).includes(wanted) ||
      agent.name?.toLowerCase().includes(wanted);
  });
  const rates = new Map(
    order === "rate"
      ? agents.map((agent) => [agent, agent.rate.at(now) ?? 0])
      : [],
  );
  const compare = {
    "severity": bySeverity,
    "pid": () => 0,
    "age": (a: Agent, b: Agent) => a.at - b.at,
    "rate": (a: Agent, b: Agent) => rates.get(b)! - rates.get(a)!,
    "lost beats": (a: Agent, b: Agent) => Number(b.lost - a.lost),
  }[order];
  return agents.sort((a, b) => compare(a, b) || a.pid - b.pid);
}

/** The worst first, and agents that have not exited before those that have. */
function bySeverity(a: Agent, b: Agent): number {
  return severityOf(b) - severityOf(a) ||
    Number(hasExited(a)) - Number(hasExited(b));
}

function countsLine({ roster, controls: { order } }: ScreenState): Line {
  const { live, lastReason, totals: { exited, rejected } } = roster;
  const count = (severity: Status) =>
    live.filter((agent) => severityOf(agent) === severity).length;
  const counted = (severity: Status, name: string) => {
    const number = count(severity);
    const style = number > 0 ? statusStyles[severity] : Style.PLAIN;
    return { text: `${number} ${name}`, style };
  };
  const comma = plain(", ");
  return [
    counted(Status.Stall, "stalled"),
    comma,
    counted(Status.Critical, "Critical"),
    comma,
    counted(Status.Degraded, "Degraded"),
    comma,
    counted(Status.Ok, "Ok"),
    plain(`, ${exited} exited`),
    {
      text: rejected > 0
        ? `; ${rejected} rejected, the last: ${lastReason}`
        : "",
      style: Style.YELLOW,
    },
    plain(order === "severity" ? "" : `; sorted by ${order}`),
  ];
}

function foldLine({ roster, controls, now }: ScreenState): Line {
  const { exited } = roster.totals;
  const last = roster.lastExited;
  if (!last) return [];
  const { pid, state, at } = last;
  const end = state === "gone" ? "gone" : statusName(last.last.status);
  const text = `${exited} exited, last: pid ${pid}, ${end}, ${
    formatAgo(now - at)
  } (e ${controls.isExpanded ? "hides" : "shows"} them)`;
  return [{ text, style: Style.DIM }];
}

function footer({ controls, isUnicode }: ScreenState, position: string): Line {
  const { filter, isTyping, hasHelp } = controls;
  if (isTyping) {
    return [
      { text: `Filter by pid or name: ${filter}_`, style: Style.BOLD },
      { text: "  Enter keeps it, Esc removes it", style: Style.DIM },
    ];
  }
  const arrows = isUnicode ? "↑↓" : "arrows";
  const keys = hasHelp
    ? `q quit  ? close help  ${arrows} j k scroll`
    : `q quit  ? help  / filter  e exited  ${
      Object.keys(sortKeys).join(" ")
    } sort  ${arrows} j k scroll`;
  return [
    plain(position && `${position}  `),
    { text: filter && `filter "${filter}"  `, style: Style.YELLOW },
    { text: keys, style: Style.DIM },
  ];
}

function helpLines({ isUnicode }: ScreenState): Line[] {
  const arrows = isUnicode ? "↑ ↓" : "arrows";
  const { silent, single: [ok, degraded, critical], several } = isUnicode
    ? BLOCKS
    : ASCII;
  return [
    `${arrows}, j, k`.padEnd(18) + "scroll by one agent",
    "PageUp, PageDown  scroll by one page",
    "Home, End         go to the first or the last agent",
    ...Object.entries(sortKeys).map(([key, order]) =>
      `${key}                 sort by ${order}`
    ),
    "/                 show only agents whose pid or name contains a text",
    "Esc               remove the filter",
    "e                 show or hide the agents that have exited",
    "?                 show or hide this help",
    "q, Ctrl-C         quit",
    "",
    "STATE        Ok, Degraded or Critical while beats arrive; stalled;",
    "             ended, after a terminal beat; gone, after ten times the",
    "             threshold without a beat if there is no such process",
    "AGE          the time since the last beat",
    "LAST MINUTE  the status in each six seconds, the newest on the right:",
    `             ${ok} Ok  ${degraded} Degraded  ${critical} Critical  ${silent} no beat`,
    `             ${several[1]} Ok and Degraded  ${
      several[2]
    } Critical and others`,
    "RATE         beats per second, over the last ten seconds",
    "LOST         beats that are missing by their nonces",
    "PAYLOAD      the number that the agent sent with the last beat",
    "PEER         the sender, as the kernel attests it",
  ].map((line) => [plain(line)]);
}

/** Returns the line that remains on the screen after quitting. */
export function summaryLine(
  path: string,
  { totals }: Roster,
  duration: number,
): string {
  const plural = (count: number | bigint, noun: string) =>
    `${count} ${noun}${Number(count) === 1 ? "" : "s"}`;
  const { agents, beats, lost, stalls, rejected } = totals;
  return `Watched ${escapeControls(path)} for ${formatDuration(duration)}: ${
    [
      plural(agents, "agent"),
      plural(beats, "beat"),
      `${lost} lost`,
      plural(stalls, "stall"),
      `${rejected} rejected`,
    ].join(", ")
  }`;
}
