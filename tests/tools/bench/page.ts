/**
 * Writes the tables of `README.md` and the charts beside it, from what
 * `deno task bench --json` has written to `figures.json`:
 *
 *     deno task charts
 *
 * @module
 */

import { drawChart } from "./chart.ts";
import { formatFigure, formatTime } from "./print.ts";
import type { Figure, Output, Table } from "./request.ts";

/** The tables that are also drawn. */
const CHARTS = ["pace", "loop", "peers", "peers-loop"];

/**
 * Returns the text of each file.
 *
 * @param page The text of the page. What is between two of its comments is
 * replaced: the first has the id of a table, or is `system` or `figures`.
 */
export function renderFiles(
  { system, settings, tables, figures }: Output,
  page: string,
): Record<string, string> {
  const { deno, target, kernel, processor, cores } = system;
  const { beats, rounds } = settings;
  const parts: Record<string, string> = {
    system: markdownTable([
      ["Deno", "target", "kernel", "processor", "cores", "beats", "rounds"],
      [deno, target, kernel, processor, ...[cores, beats, rounds].map(String)],
    ]),
    figures: renderFigures(figures),
  };
  for (const table of tables) parts[table.id] = renderTable(table);
  const files: Record<string, string> = {
    "README.md": page.replaceAll(
      /(<!-- ([\w-]+) -->\n)[^]*?(\n<!-- end -->)/g,
      (_, start, id, end) => {
        if (id in parts) return `${start}\n${parts[id]}${end}`;
        throw new Error(
          `Cannot write the page: figures.json has no ${JSON.stringify(id)}`,
        );
      },
    ),
  };
  for (const table of tables) {
    if (CHARTS.includes(table.id)) {
      files[`${table.id}.svg`] = renderChart(table);
    }
  }
  return files;
}

function renderChart({ title, unit, rows }: Table): string {
  return drawChart(
    title[0].toUpperCase() + title.slice(1),
    `${
      unit === "ns" ? "Nanoseconds" : "Microseconds"
    }, p50; less is better. Blue: this module`,
    Object.entries(rows).map(([name, { p50 }]) => ({
      name,
      value: p50,
      label: `${formatTime(p50, unit)} ${unit}`,
      isOwn: /^(version|ping)/.test(name),
    })).sort((a, b) => a.value - b.value),
  );
}

function renderTable({ title, unit, rows }: Table): string {
  const [[first, base]] = Object.entries(rows);
  const hasHeap = base.heap !== undefined;
  const header = [
    `${title}, ${unit}`,
    "p10",
    "p50",
    "p90",
    "p99",
    `p50 against ${first}`,
  ];
  if (hasHeap) header.push("bytes of heap");
  const cells = Object.entries(rows).map(([name, times]) => [
    name,
    ...[times.p10, times.p50, times.p90, times.p99].map((time) =>
      formatTime(time, unit)
    ),
    (times.p50 / base.p50).toFixed(2),
    ...hasHeap ? [times.heap?.toFixed(0) ?? ""] : [],
  ]);
  return markdownTable([header, ...cells]);
}

function renderFigures(figures: Figure[]): string {
  const rows = figures.map(({ name, value, unit = "", bound }) => [
    name,
    `${formatFigure(value)}${unit}`,
    bound === undefined
      ? ""
      : `${bound}${unit}${value > bound ? " (above)" : ""}`,
  ]);
  return markdownTable([["figure", "value", "bound"], ...rows]);
}

/**
 * Returns rows as `deno fmt` formats them. All columns but the first are aligned to
 * the right.
 */
function markdownTable(rows: string[][]): string {
  const widths = rows[0].map((_, i) =>
    Math.max(3, ...rows.map((row) => row[i].length))
  );
  const line = (cells: string[]) => `| ${cells.join(" | ")} |\n`;
  const [header, ...body] = rows.map((row) =>
    line(
      row.map((cell, i) =>
        i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])
      ),
    )
  );
  const rule = line(
    widths.map((width, i) =>
      i === 0 ? "-".repeat(width) : "-".repeat(width - 1) + ":"
    ),
  );
  return header + rule + body.join("");
}

if (import.meta.main) {
  const read = (name: string) =>
    Deno.readTextFileSync(new URL(name, import.meta.url));
  const files = renderFiles(
    JSON.parse(read("figures.json")),
    read("README.md"),
  );
  for (const [name, text] of Object.entries(files)) {
    Deno.writeTextFileSync(new URL(name, import.meta.url), text);
  }
}
