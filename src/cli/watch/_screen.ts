import { PROGRAM } from "../_help.ts";
import { escapeControls, quoteForShell } from "../_text.ts";
import { type Controls, sortKeys } from "./_controls.ts";
import { type Line, plain, Style } from "./_render.ts";
import { type Agent, type Roster, severityOf } from "./_roster.ts";
import type { Selection } from "./_selection.ts";
import {
  ASCII,
  BLOCKS,
  formatAgo,
  formatDuration,
  tableLines,
  type TableState,
} from "./_table.ts";

/** What a screen shows. */
export interface ScreenState extends TableState {
  readonly path: string;
  readonly roster: Roster;
  readonly controls: Controls;
  readonly selection: Selection;
  /** What keeps `watch` itself from seeing beats. */
  readonly warnings: readonly string[];
  readonly rows: number;
}

/** From so many rows, there are blank lines, and all warnings. */
const ROWS_FOR_ALL = 16;

/** From so many rows, there are the path, titles, a footer, and a warning. */
const ROWS_FOR_TITLES = 8;

/**
 * Returns the lines of a screen: a header, a table of the agents, and a footer. The
 * numbers of stalled and dead agents are first, and the agents whose state is worst
 * are the first in the table, so that they are shown in a small window too.
 */
export function screenLines(state: ScreenState): Line[] {
  const { controls, rows, warnings } = state;
  const hasAll = rows >= ROWS_FOR_ALL;
  const hasTitles = rows >= ROWS_FOR_TITLES;
  const header = [
    countsLine(state),
    ...hasTitles ? [settingsLine(state), ...rejectionsLines(state)] : [],
    ...warnings.slice(0, hasAll ? undefined : hasTitles ? 1 : 0)
      .map((text) => [{ text, style: Style.YELLOW }]),
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
  fold?: number,
): { readonly lines: T[]; readonly position: string } {
  const first = controls.scroll(items.length, page, fold);
  const lines = items.slice(first, first + Math.max(0, page));
  const position = lines.length < items.length
    ? `${first + 1}-${first + lines.length} of ${items.length}`
    : "";
  return { lines, position };
}

/**
 * The fold is a line between the agents that have not exited and those that have.
 * If there is room, those that have died are shown below it in any case.
 */
function bodyLines(
  state: ScreenState,
  room: number,
  hasTitles: boolean,
): Part {
  const { roster, controls, path, selection: { live, exited } } = state;
  const { agents, rejected, gone, ended } = roster.totals;
  if (agents + rejected === 0) return { lines: emptyLines(path), position: "" };
  // In a low window, agents are more important than the fold.
  const hasFold = gone + ended > 0 && (hasTitles || live.length < room);
  let page = room - (hasTitles ? 1 : 0);
  const isExpanded = controls.isExpanded || controls.filter !== "";
  const spare = Math.max(0, page - live.length - 1);
  const dead = exited.filter(({ state }) => state === "gone").slice(0, spare);
  const below = !hasFold ? [] : isExpanded ? exited : dead;
  const all = below.length > 0;
  if (hasFold && !all) page--;
  const items = all ? [...live, "fold" as const, ...below] : live;
  const { lines: shown, position } = scrolled(
    items,
    page,
    controls,
    live.length,
  );
  const isAgent = (item: Agent | "fold"): item is Agent => item !== "fold";
  const [titles, ...rows] = tableLines(shown.filter(isAgent), state);
  const fold = foldLine(state);
  const lines = shown.map((item) => isAgent(item) ? rows.shift()! : fold);
  const isEmpty = live.length + exited.length === 0 && controls.filter !== "";
  return {
    lines: [
      ...hasTitles
        ? [isEmpty ? [plain("No agent matches the filter.")] : titles]
        : [],
      ...lines,
      ...hasFold && !all ? [fold] : [],
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

function countsLine({ roster }: ScreenState): Line {
  const { live, totals: { gone, ended } } = roster;
  const severities = ["Ok", "Degraded", "Critical", "stalled"];
  const counts: Record<string, number> = { gone, ended };
  for (const agent of live) {
    const isRejected = agent.state === "rejected";
    const name = isRejected ? "rejected" : severities[severityOf(agent)];
    counts[name] = (counts[name] ?? 0) + 1;
  }
  const { RED, YELLOW, GREEN, PLAIN } = Style;
  const styles: [name: string, style: Style, isAlways?: boolean][] = [
    ["stalled", RED, true],
    ["gone", RED, true],
    ["rejected", RED],
    ["Critical", RED],
    ["Degraded", YELLOW],
    ["Ok", GREEN, true],
    ["ended", PLAIN],
  ];
  // In 40 columns, zeros would leave no room for the others.
  return styles.filter(([name, , isAlways]) => isAlways || counts[name])
    .flatMap(([name, style], i) => [
      plain(i === 0 ? "" : ", "),
      counts[name]
        ? { text: `${counts[name]} ${name}`, style }
        : plain(`0 ${name}`),
    ]);
}

function settingsLine({ path, roster, controls }: ScreenState): Line {
  const { order, isFrozen } = controls;
  return [
    { text: escapeControls(path), style: Style.BOLD },
    plain(`, threshold ${formatDuration(roster.threshold)}`),
    plain(order === "severity" ? "" : `, sorted by ${order}`),
    { text: isFrozen ? ", order frozen" : "", style: Style.YELLOW },
  ];
}

/** Names the senders of rejected datagrams. */
function rejectionsLines({ roster }: ScreenState): Line[] {
  const { rejections, totals: { rejected } } = roster;
  if (rejected === 0) return [];
  const texts = rejections.slice(0, 10).map((
    { pid = "unknown", name, reason, count },
  ) => `pid ${pid}${name ? ` ${name}` : ""} ${count} ${reason}`);
  const text = `${rejected} rejected: ${texts.join(", ")}`;
  return [[{ text, style: Style.YELLOW }]];
}

function foldLine(
  { roster: { exited, totals: { gone, ended } }, controls, now }: ScreenState,
): Line {
  const [last] = exited;
  if (last === undefined) return [];
  const { pid, name, at } = last;
  return [
    {
      text: gone > 0
        ? `${gone} gone, the last: ${name ?? "pid"} ${pid}, ${
          formatAgo(now - at)
        }`
        : "",
      style: Style.RED,
    },
    { text: `${gone > 0 ? "; " : ""}${ended} ended`, style: Style.DIM },
    {
      text: ` (e ${controls.isExpanded ? "hides" : "shows"} them)`,
      style: Style.DIM,
    },
  ];
}

function footer({ controls, isUnicode }: ScreenState, position: string): Line {
  const { filter, isTyping, hasHelp } = controls;
  if (isTyping) {
    return [
      { text: `Filter by pid, name or state: ${filter}_`, style: Style.BOLD },
      { text: "  Enter keeps it, Esc removes it", style: Style.DIM },
    ];
  }
  const arrows = isUnicode ? "↑↓" : "arrows";
  const keys = hasHelp
    ? `q close help  ${arrows} scroll`
    : `q quit  ? help  / filter  e exited  Space freeze  ${
      Object.keys(sortKeys).join(" ")
    } sort  ${arrows} scroll`;
  return [
    plain(position && `${position}  `),
    { text: filter && `filter "${filter}"  `, style: Style.YELLOW },
    { text: keys, style: Style.DIM },
  ];
}

function helpLines({ isUnicode }: ScreenState): Line[] {
  const arrows = isUnicode ? "↑ ↓" : "arrows";
  const { stalled, silent, single: [ok, degraded, critical], several } =
    isUnicode ? BLOCKS : ASCII;
  return [
    `${arrows}, j, k`.padEnd(18) + "scroll by one agent",
    "PageUp, PageDown  scroll by one page",
    "Home g, End G     go to the first or the last agent",
    ...Object.entries(sortKeys).map(([key, order]) =>
      `${key}                 sort by ${order}`
    ),
    "Space             keep every agent in its place, or order them again",
    "/                 show only agents whose pid, name or state has a text",
    "Esc               remove the filter",
    "e                 show or hide the agents that have exited",
    "?                 show or hide this help",
    "q, Ctrl-C         quit; in this help, q closes it",
    "",
    "STATE        Ok, Degraded or Critical while beats arrive; stalled,",
    "             without a beat for the threshold; rejected, if its beats",
    "             arrive then, but do not count; ended, after a terminal beat;",
    "             gone, if it stalled and its process has ended without one",
    "AGE          the time since the last beat",
    "LAST MINUTE  the status in each six seconds, the newest on the right:",
    `             ${ok} Ok  ${degraded} Degraded  ${critical} Critical  ${silent} no beat  ${stalled} a stall`,
    `             ${several[1]} Ok and Degraded  ${
      several[2]
    } Critical and others`,
    "STALLS       how often it stalled",
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
  const { agents, beats, lost, stalls, gone, rejected } = totals;
  return `Watched ${escapeControls(path)} for ${formatDuration(duration)}: ${
    [
      plural(agents, "agent"),
      plural(beats, "beat"),
      `${lost} lost`,
      plural(stalls, "stall"),
      `${gone} gone`,
      `${rejected} rejected`,
    ].join(", ")
  }`;
}
