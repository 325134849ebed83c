import type { Quantiles } from "./paired.ts";

/** A measured figure, and the bound that it must keep. */
export interface Figure {
  name: string;
  value: number;
  bound: number;
  unit?: string;
}

/** Prints figures, and returns whether each keeps its bound. */
export function printFigures(figures: Figure[]): boolean {
  let kept = true;
  for (const { name, value, bound, unit = "" } of figures) {
    const isKept = value <= bound;
    kept &&= isKept;
    const shown = `${format(value)}${unit}`.padStart(10);
    console.log(
      `${isKept ? "ok  " : "OVER"} ${
        name.padEnd(58)
      } ${shown}  ≤ ${bound}${unit}`,
    );
  }
  return kept;
}

/** Prints times beside the first one's. */
export function printTimes(title: string, times: Map<string, Quantiles>): void {
  const [base] = times.values();
  console.log(
    `\n${title.padEnd(44)} p50 ns   p99 ns  p50 ratio  p99 ratio  heap B`,
  );
  for (const [name, { p50, p99, allocated }] of times) {
    const heap = allocated === undefined ? "-" : allocated.toFixed(0);
    console.log(
      `  ${name.padEnd(42)} ${column(p50, 0, 6)} ${column(p99, 0, 8)} ${
        column(p50 / base.p50, 3, 10)
      } ${column(p99 / base.p99, 3, 10)} ${heap.padStart(7)}`,
    );
  }
}

/** One candidate's p50 over another's. */
export function ratio(
  times: Map<string, Quantiles>,
  name: string,
  base: string,
  quantile: "p50" | "p99" = "p50",
): number {
  return times.get(name)![quantile] / times.get(base)![quantile];
}

function column(value: number, digits: number, width: number): string {
  return value.toFixed(digits).padStart(width);
}

function format(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(3);
}
