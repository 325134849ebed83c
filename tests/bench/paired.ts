/** How long one unit of work takes, in nanoseconds. */
export interface Quantiles {
  p50: number;
  p99: number;
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
  return new Map(
    candidates.map(({ name }, i) => [name, quantilesOf(times[i])]),
  );
}

function quantilesOf(times: Float64Array): Quantiles {
  times.sort();
  const at = (share: number) => times[Math.floor(share * (times.length - 1))];
  return { p50: at(0.5), p99: at(0.99) };
}
