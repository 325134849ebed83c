/** What a program of the benchmark is started with, as JSON. */
export interface Request {
  /** A folder for its sockets and files. */
  folder: string;
  /** The library that `beat.c` is compiled to. */
  library: string;
  /** How often each loop is measured. */
  rounds: number;
  /** How many beats of each kind are measured at a slow pace. */
  beats: number;
  /** Milliseconds between these beats. */
  interval: number;
  /** Seconds for which the use of the processor is measured. */
  seconds: number;
  /** The folder of another tree of this module, to compare with. */
  against?: string;
}

/** What a program of the benchmark has measured; it prints this as JSON. */
export interface Result {
  tables?: Table[];
  figures: Figure[];
}

/** What the whole benchmark has measured; `--json` writes it to a file. */
export interface Output {
  /** Where it was measured. */
  system: {
    deno: string;
    target: string;
    kernel: string;
    processor: string;
    cores: number;
  };
  settings: Pick<Request, "rounds" | "beats" | "interval" | "seconds">;
  tables: Table[];
  figures: Figure[];
}

/** Times of candidates that were measured together. */
export interface Table {
  /** What the page and the file of the chart call it. */
  id: string;
  title: string;
  unit: "ns" | "µs";
  /** By the name of the candidate; the first one is what the others are compared with. */
  rows: Record<string, Quantiles>;
}

/** The distribution of a time. */
export interface Quantiles {
  p10: number;
  p50: number;
  p90: number;
  p99: number;
  /** Bytes of the heap that it allocates, if that was measured. */
  heap?: number;
}

/** A value that was measured. */
export interface Figure {
  name: string;
  value: number;
  unit?: string;
  /** The largest value that is acceptable. */
  bound?: number;
  /** The value in each run, if there was more than one. */
  runs?: number[];
}

/** Returns what this program was started with. */
export function readRequest(): Request {
  return JSON.parse(Deno.args[0]);
}

/** Returns how often a time was how long. */
export function quantilesOf(times: number[]): Quantiles {
  const sorted = Float64Array.from(times).sort();
  const at = (share: number) => sorted[Math.floor(share * (times.length - 1))];
  return { p10: at(0.1), p50: at(0.5), p90: at(0.9), p99: at(0.99) };
}

/** Returns the middle one of some values. */
export function median(values: number[]): number {
  return quantilesOf(values).p50;
}

/** Writes a time with the digits that mean something. */
export function formatTime(time: number, unit: Table["unit"]): string {
  return time.toFixed(unit === "ns" ? 0 : 1);
}
