import { median, type Quantiles, quantilesOf, type Table } from "./request.ts";

/** Something that is measured together with others. */
export interface Candidate {
  name: string;
  /** What is timed. */
  work(): void | Promise<void>;
  /** Prepares the next time. */
  reset?(): void;
}

/**
 * Measures candidates in turn, so that what disturbs the machine disturbs all of
 * them. Each round begins with another one.
 *
 * @param units How many units of work a candidate does at a time.
 */
export async function measureLoop(
  id: string,
  title: string,
  candidates: Candidate[],
  rounds: number,
  units: number,
): Promise<Table> {
  const warmUp = Math.ceil(rounds / 10);
  const times = candidates.map((): number[] => []);
  for (let round = 0; round < warmUp + rounds; round++) {
    for (let turn = 0; turn < candidates.length; turn++) {
      const i = (turn + round) % candidates.length;
      const { work, reset } = candidates[i];
      const start = performance.now();
      const pending = work();
      if (pending) await pending;
      const end = performance.now();
      reset?.();
      if (round >= warmUp) times[i].push((end - start) * 1e6 / units);
    }
  }
  const rows: Record<string, Quantiles> = {};
  for (const [i, candidate] of candidates.entries()) {
    const heap = await measureHeap(candidate) / units;
    rows[candidate.name] = { ...quantilesOf(times[i]), heap };
  }
  return { id, title, unit: "ns", rows };
}

const HEAP_ROUNDS = 501;

/** Bytes of the heap that a candidate allocates at a time. */
async function measureHeap({ work, reset }: Candidate): Promise<number> {
  const overheads: number[] = [];
  const totals: number[] = [];
  for (let round = 0; round < HEAP_ROUNDS; round++) {
    const first = Deno.memoryUsage().heapUsed;
    const before = Deno.memoryUsage().heapUsed;
    const pending = work();
    if (pending) await pending;
    const after = Deno.memoryUsage().heapUsed;
    reset?.();
    overheads.push(before - first);
    totals.push(after - before);
  }
  // A median, because there is a garbage collection now and then.
  return Math.max(0, median(totals) - median(overheads));
}

/** Returns the p50 of one row of a table, divided by that of another. */
export function ratio({ rows }: Table, name: string, base: string): number {
  return rows[name].p50 / rows[base].p50;
}
