import { Status } from "../../frame/status.ts";
import { statusName } from "../_text.ts";
import { type Cell, CELLS } from "./_history.ts";
import {
  cut,
  type Line,
  plain,
  type Span,
  Style,
  toAscii,
  widthOf,
} from "./_render.ts";
import { type Agent, severityOf } from "./_roster.ts";

/** What a table depends on, besides its agents. */
export interface TableState {
  /** The time, in ms. */
  readonly now: number;
  readonly columns: number;
  /** Whether the terminal shows more than ASCII. */
  readonly isUnicode: boolean;
}

/** The cell of an unknown value. */
const UNKNOWN = "-";

/** The symbols of a history, by the most severe status of a cell. */
interface Symbols {
  readonly stalled: string;
  readonly silent: string;
  /** If it is the only status in the cell. */
  readonly single: readonly string[];
  /** If the agent reported several, as one that flaps does. */
  readonly several: readonly string[];
}

export const BLOCKS: Symbols = {
  stalled: "!",
  silent: "▁",
  single: ["▃", "▅", "█"],
  several: ["", "▒", "▓"],
};
export const ASCII: Symbols = {
  stalled: "!",
  silent: "_",
  single: ["-", "=", "#"],
  several: ["", "%", "@"],
};

/** The colors of severities. */
export const statusStyles: Record<Status, Style> = {
  [Status.Ok]: Style.GREEN,
  [Status.Degraded]: Style.YELLOW,
  [Status.Critical]: Style.RED,
  [Status.Stall]: Style.RED,
};

/** The width of a screen from which STATE shows the last status too. */
const COLUMNS_FOR_STATUS = 60;

/** The most columns of a name. */
const MAX_NAME_WIDTH = 16;

interface Column {
  readonly title: string;
  readonly isNumber?: boolean;
  /** The least width, so that the column does not move when its values change. */
  readonly width?: number;
  /** The columns with the largest numbers are left out first, if there is no room. */
  readonly rank: number;
  cell(agent: Agent, state: TableState): Line;
}

const columns: readonly Column[] = [
  {
    title: "PID",
    isNumber: true,
    rank: 0,
    cell: ({ pid }) => [plain(String(pid))],
  },
  {
    title: "NAME",
    rank: 2,
    cell: ({ name = UNKNOWN }, { isUnicode }) =>
      cut([plain(isUnicode ? name : toAscii(name))], MAX_NAME_WIDTH, isUnicode),
  },
  { title: "STATE", rank: 1, cell: stateCell },
  {
    title: "AGE",
    isNumber: true,
    width: "59m 59s".length,
    rank: 3,
    cell: ({ at }, { now }) => [plain(formatDuration(now - at))],
  },
  {
    title: "LAST MINUTE",
    width: CELLS,
    rank: 4,
    cell: ({ history }, { now, isUnicode }) =>
      history.at(now).map((cell) => historySpan(cell, isUnicode)),
  },
  {
    title: "STALLS",
    isNumber: true,
    rank: 5,
    cell: ({ stalls }) => [countSpan(stalls)],
  },
  {
    title: "RATE",
    isNumber: true,
    width: "10.0/s".length,
    rank: 7,
    cell: ({ rate }, { now }) => [plain(formatRate(rate.at(now)))],
  },
  {
    title: "LOST",
    isNumber: true,
    rank: 6,
    cell: ({ lost }) => [countSpan(lost)],
  },
  {
    title: "PAYLOAD",
    isNumber: true,
    rank: 8,
    cell: ({ last }) => [plain(last ? String(last.payload) : UNKNOWN)],
  },
  {
    title: "PEER",
    rank: 9,
    cell: ({ peer }) => [
      plain(peer ? `uid ${peer.uid} gid ${peer.gid}` : UNKNOWN),
    ],
  },
];

/** Returns the state of an agent, and what else there is to know about it. */
export function stateOf({ state, last, reason }: Agent): string {
  const status = last && statusName(last.status);
  if (state === "beating") return status!;
  return `${state}, ${state === "rejected" ? reason : status}`;
}

function stateCell(agent: Agent, { columns }: TableState): Line {
  const text = stateOf(agent);
  const style = agent.state === "gone"
    ? Style.RED
    : agent.state === "ended"
    ? Style.DIM
    : statusStyles[severityOf(agent)];
  return [{
    text: columns < COLUMNS_FOR_STATUS ? text.split(",")[0] : text,
    style,
  }];
}

function countSpan(count: number | bigint): Span {
  return { text: String(count), style: count > 0 ? Style.YELLOW : Style.PLAIN };
}

function historySpan(cell: Cell, isUnicode: boolean): Span {
  if (cell === "unknown") return plain(" ");
  const { stalled, silent, single, several } = isUnicode ? BLOCKS : ASCII;
  if (cell === "stalled") return { text: stalled, style: Style.RED };
  if (cell === "silent") return { text: silent, style: Style.DIM };
  const worst = cell[cell.length - 1];
  return {
    text: (cell.length === 1 ? single : several)[worst],
    style: statusStyles[worst],
  };
}

const GAP = plain("  ");

/** Returns the titles, and a line for each agent, with the columns that fit. */
export function tableLines(
  agents: readonly Agent[],
  state: TableState,
): Line[] {
  const hasNames = agents.some(({ name }) => name !== undefined);
  const table = columns.filter(({ title }) => title !== "NAME" || hasNames)
    .map((column) => cellsOf(column, agents, state));
  let room = state.columns + GAP.text.length;
  const fitting = new Set<Cells>();
  for (const cells of [...table].sort((a, b) => a.rank - b.rank)) {
    room -= cells.width + GAP.text.length;
    if (room < 0 && fitting.size > 1) break;
    fitting.add(cells);
  }
  const kept = table.filter((cells) => fitting.has(cells));
  return Array.from(
    { length: agents.length + 1 },
    (_, row) =>
      kept.flatMap(({ lines }, i) =>
        i === 0 ? lines[row] : [GAP, ...lines[row]]
      ),
  );
}

/** The cells of a column: the title, and that of each agent. */
interface Cells {
  readonly rank: number;
  readonly width: number;
  readonly lines: Line[];
}

function cellsOf(
  { title, isNumber = false, width: least = 0, rank, cell }: Column,
  agents: readonly Agent[],
  state: TableState,
): Cells {
  const lines = [
    [{ text: title, style: Style.BOLD }],
    ...agents.map((agent) => cell(agent, state)),
  ];
  const widths = lines.map((line) =>
    line.reduce((sum, { text }) => sum + widthOf(text), 0)
  );
  const minimum = state.columns < COLUMNS_FOR_STATUS / 2 ? 0 : least;
  const width = Math.max(minimum, ...widths);
  return {
    rank,
    width,
    lines: lines.map((line, row) => {
      const padding = plain(" ".repeat(width - widths[row]));
      return isNumber ? [padding, ...line] : [...line, padding];
    }),
  };
}

/** Formats beats per second with three digits. */
function formatRate(rate: number | undefined): string {
  if (rate === undefined || !Number.isFinite(rate)) return UNKNOWN;
  const decimals = rate >= 99.95 ? 0 : rate >= 9.995 ? 1 : 2;
  return `${rate.toFixed(decimals)}/s`;
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Formats a duration in ms by its two largest units, for example `"3m 12s"`. */
export function formatDuration(ms: number): string {
  if (ms === Infinity) return UNKNOWN;
  if (ms < 10 * SECOND) return `${(ms / SECOND).toFixed(1)}s`;
  if (ms < MINUTE) return `${Math.floor(ms / SECOND)}s`;
  const [large, largeName, small, smallName] = ms < HOUR
    ? [MINUTE, "m", SECOND, "s"] as const
    : ms < DAY
    ? [HOUR, "h", MINUTE, "m"] as const
    : [DAY, "d", HOUR, "h"] as const;
  const rest = String(Math.floor(ms % large / small)).padStart(2, "0");
  return `${Math.floor(ms / large)}${largeName} ${rest}${smallName}`;
}

/** Formats how long ago something was, for example `"5 min ago"`. */
export function formatAgo(ms: number): string {
  if (ms < MINUTE) return `${Math.floor(ms / SECOND)} s ago`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min ago`;
  if (ms < DAY) return `${Math.floor(ms / HOUR)} h ago`;
  return `${Math.floor(ms / DAY)} d ago`;
}
