import type { Figure, Table } from "./request.ts";

/** Prints times, each compared with the first one. */
export function printTable({ title, unit, rows }: Table): void {
  const columns = ["p10", "p50", "p90", "p99"] as const;
  const header = columns.map((column) => `${column} ${unit}`.padStart(10));
  const [base] = Object.values(rows);
  console.log(`\n${title.padEnd(46)}${header.join("")}  p50 ratio  heap B`);
  for (const [name, quantiles] of Object.entries(rows)) {
    const times = columns.map((column) =>
      formatTime(quantiles[column], unit).padStart(10)
    );
    const ratio = (quantiles.p50 / base.p50).toFixed(3).padStart(11);
    const heap = quantiles.heap?.toFixed(0) ?? "";
    console.log(
      `  ${name.padEnd(44)}${times.join("")}${ratio}${heap.padStart(8)}`,
    );
  }
}

/** Prints figures, each with its bound, and its runs if there are several. */
export function printFigures(figures: Figure[]): void {
  console.log();
  const width = Math.max(...figures.map(({ name }) => name.length));
  for (const { name, value, unit = "", bound, runs } of figures) {
    const verdict = bound === undefined ? "" : value <= bound ? "ok" : "OVER";
    const limit = bound === undefined ? "" : `≤ ${bound}${unit}`;
    const all = runs ? `(${runs.map(formatFigure).join(", ")})` : "";
    console.log(
      verdict.padEnd(5) + name.padEnd(width) +
        `${formatFigure(value)}${unit}`.padStart(14) +
        `  ${limit.padEnd(12)} ${all}`.trimEnd(),
    );
  }
}

/** Writes a time with the digits that mean something. */
export function formatTime(time: number, unit: Table["unit"]): string {
  return time.toFixed(unit === "ns" ? 0 : 1);
}

/** Writes the value of a figure. */
export function formatFigure(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(3);
}
