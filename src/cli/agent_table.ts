import { Status } from "../frame/status.ts";
import { formatDuration } from "./format_duration.ts";
import { type Line, plain, type Span, Style } from "./line.ts";
import type { Agent } from "./roster.ts";
import { statusName } from "./status_name.ts";

/** What stands where nothing is known. */
const NONE = "-";

const stateStyles: Record<Agent["state"], Style> = {
  beating: Style.Green,
  stalled: Style.Red,
  ended: Style.Dim,
};

const statusStyles: Record<Status, Style> = {
  [Status.Ok]: Style.Green,
  [Status.Degraded]: Style.Yellow,
  [Status.Critical]: Style.Red,
  [Status.Stall]: Style.Red,
};

interface Column {
  readonly title: string;
  readonly isNumber: boolean;
  cell(agent: Agent, now: number): string;
  style?(agent: Agent): Style;
}

const columns: readonly Column[] = [
  {
    title: "PID",
    isNumber: true,
    cell: ({ last }) => String(last.pid),
  },
  {
    title: "STATE",
    isNumber: false,
    cell: ({ state }) => state,
    style: ({ state }) => stateStyles[state],
  },
  {
    title: "STATUS",
    isNumber: false,
    cell: ({ last }) => statusName(last.status),
    style: ({ state, last }) =>
      state === "beating" ? statusStyles[last.status] : Style.Dim,
  },
  {
    title: "AGE",
    isNumber: true,
    cell: ({ at }, now) => formatDuration(now - at),
  },
  {
    title: "RATE",
    isNumber: true,
    cell: ({ rate }, now) => formatRate(rate.at(now)),
  },
  {
    title: "LOST",
    isNumber: true,
    cell: ({ lost }) => String(lost),
  },
  {
    title: "PAYLOAD",
    isNumber: true,
    cell: ({ last }) => String(last.payload),
  },
  {
    title: "PEER",
    isNumber: false,
    cell: ({ peer }) => peer ? `uid ${peer.uid} gid ${peer.gid}` : NONE,
  },
];

/** The agents as a table: the line of its titles, and one for each of them. */
export function agentTable(agents: readonly Agent[], now: number): Line[] {
  const table = columns.map((column) => cellsOf(column, agents, now));
  return [undefined, ...agents].map((_, row) =>
    table.flatMap((cells, i) => i === 0 ? [cells[row]] : [GAP, cells[row]])
  );
}

const GAP = plain("  ");

function cellsOf(
  { title, isNumber, cell, style }: Column,
  agents: readonly Agent[],
  now: number,
): Span[] {
  const texts = [title, ...agents.map((agent) => cell(agent, now))];
  const width = Math.max(...texts.map(({ length }) => length));
  return texts.map((text, row) => ({
    text: isNumber ? text.padStart(width) : text.padEnd(width),
    style: row === 0 ? Style.Bold : style?.(agents[row - 1]) ?? Style.Plain,
  }));
}

/** Beats a second, by three digits. */
function formatRate(rate: number | undefined): string {
  if (rate === undefined || !Number.isFinite(rate)) return NONE;
  const decimals = rate >= 100 ? 0 : rate >= 10 ? 1 : 2;
  return `${rate.toFixed(decimals)}/s`;
}
