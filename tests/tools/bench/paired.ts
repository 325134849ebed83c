/** How long one unit of work takes, in nanoseconds. */
export interface Quantiles {
  p50: number;
  p99: number;
  /** The bytes of heap that it allocates, where that is this process's heap. */
  allocated?: number;
}

/** Something to be measured against the others of the same run. */
export interface Candidate {
  name: string;
  /** Does the work, which is all that is timed. */
  work(): void | Promise<void>;
  /** Makes ready for the next time. */
  reset?(): void;
}

/**
 * Times candidates in turn, round by round, each round beginning with another
 * one: what disturbs the machine disturbs them alike.
 *
 * @param units How many units of work a candidate does at a time.
 */
export async function measurePaired(
  candidates: Candidate[],
  { rounds, units }: { rounds: number; units: number },
): Promise<Map<string, Quantiles>> {
  const warmUp = Math.ceil(rounds / 10);
  const times = candidates.map(() => new Float64Array(rounds));
  for (let round = -warmUp; round < rounds; round++) {
    for (let turn = 0; turn < candidates.length; turn++) {
      const i = (turn + round + warmUp) % candidates.length;
      const start = performance.now();
      const pending = candidates[i].work();
      if (pending) await pending;
      const end = performance.now();
      candidates[i].reset?.();
      if (round >= 0) times[i][round] = (end - start) * 1e6 / units;
    }
  }
  const results = new Map<string, Quantiles>();
  for (const [i, candidate] of candidates.entries()) {
    const allocated = await measureAllocated(candidate) / units;
    results.set(candidate.name, { ...quantilesOf(times[i]), allocated });
  }
  return results;
}

const ALLOCATING_ROUNDS = 501;

/** The bytes of heap that a candidate allocates each time, without what asking for them takes. */
async function measureAllocated({ work, reset }: Candidate): Promise<number> {
  const asking: number[] = [];
  const working: number[] = [];
  for (let round = 0; round < ALLOCATING_ROUNDS; round++) {
    const first = Deno.memoryUsage().heapUsed;
    const before = Deno.memoryUsage().heapUsed;
    const pending = work();
    if (pending) await pending;
    const after = Deno.memoryUsage().heapUsed;
    reset?.();
    asking.push(before - first);
    working.push(after - before);
  }
  // A median: now and then there is a collection between two of them.
  return Math.max(0, median(working) - median(asking));
}

export function median(values: number[]): number {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

function quantilesOf(times: Float64Array): Quantiles {
  times.sort();
  const at = (share: number) => times[Math.floor(share * (times.length - 1))];
  return { p50: at(0.5), p99: at(0.99) };
}
