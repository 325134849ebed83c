/**
 * Writes the tables of `README.md` and the charts beside it, from what
 * `deno task bench --json` has written to `figures.json`:
 *
 *     deno task charts
 *
 * @module
 */

import { drawChart } from "./chart.ts";
import { type Figure, formatTime, type Output, type Table } from "./request.ts";

const folder = new URL("./", import.meta.url);

/**
 * Returns the text of the page and of each chart that it shows.
 *
 * @param page The text of the page. What is between two of its comments is
 * replaced: the first has the id of a table, or is `system` or `figures`.
 */
export function renderFiles(
  { system, settings, tables, figures }: Output,
  page: string,
): Record<string, string> {
  const parts: Record<string, string[][]> = {
    system: [
      [...Object.keys(system), "beats", "rounds"],
      [...Object.values(system), settings.beats, settings.rounds].map(String),
    ],
    figures: figureRows(figures),
  };
  for (const table of tables) parts[table.id] = tableRows(table);
  const files: Record<string, string> = {
    "README.md": page.replaceAll(
      /(<!-- ([\w-]+) -->\n)[^]*?(\n<!-- end -->)/g,
      (_, start, id, end) => {
        if (id in parts) return `${start}\n${markdownTable(parts[id])}${end}`;
        throw new Error(
          `Cannot write the page: figures.json has no ${JSON.stringify(id)}`,
        );
      },
    ),
  };
  for (const [, id] of page.matchAll(/!\[.+\]\((.+)\.svg\)/g)) {
    files[`${id}.svg`] = drawChart(tables.find((table) => table.id === id)!);
  }
  return files;
}

/** The cells of a table: the times of each candidate, compared with the first. */
export function tableRows({ title, unit, rows }: Table): string[][] {
  const [[first, base]] = Object.entries(rows);
  const columns = ["p10", "p50", "p90", "p99"] as const;
  const header = [`${title}, ${unit}`, ...columns, `p50 against ${first}`];
  if (base.heap !== undefined) header.push("bytes of heap");
  return [
    header,
    ...Object.entries(rows).map(([name, times]) =>
      [
        name,
        ...columns.map((column) => formatTime(times[column], unit)),
        (times.p50 / base.p50).toFixed(2),
        times.heap?.toFixed(0) ?? "",
      ].slice(0, header.length)
    ),
  ];
}

/** The cells of figures, each with its bound. */
export function figureRows(figures: Figure[]): string[][] {
  const rows = figures.map(({ name, value, unit = "", bound }) => {
    const limit = bound === undefined ? "" : `${bound}${unit}`;
    const isAbove = bound !== undefined && value > bound;
    const digits = Number.isInteger(value) ? 0 : 3;
    return [
      name,
      `${value.toFixed(digits)}${unit}`,
      isAbove ? `${limit} (above)` : limit,
    ];
  });
  return [["figure", "value", "bound"], ...rows];
}

/** Returns rows as `deno fmt` formats them, all columns but the first to the right. */
export function markdownTable(rows: string[][]): string {
  const widths = rows[0].map((_, i) =>
    Math.max(3, ...rows.map((row) => row[i].length))
  );
  const [header, ...body] = rows.map((row) =>
    row.map((cell, i) =>
      i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])
    )
  );
  const rule = widths.map((width, i) =>
    i === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`
  );
  return [header, rule, ...body].map((cells) => `| ${cells.join(" | ")} |\n`)
    .join("");
}

if (import.meta.main) {
  const read = (name: string) => Deno.readTextFileSync(new URL(name, folder));
  const files = renderFiles(
    JSON.parse(read("figures.json")),
    read("README.md"),
  );
  for (const [name, text] of Object.entries(files)) {
    Deno.writeTextFileSync(new URL(name, folder), text);
  }
}
