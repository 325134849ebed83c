/**
 * The health that an agent reports.
 *
 * `Stall` is the state that an observer gives to an agent whose beats have
 * stopped. No agent sends it.
 */
export const Status: {
  /** Healthy, and making progress. */
  readonly Ok: 0;
  /** Making progress, but with problems: retries, throttling, delays. */
  readonly Degraded: 1;
  /** Failing, or about to fail. */
  readonly Critical: 2;
  /** No beat has come for too long. Only an observer reports it. */
  readonly Stall: 3;
} = Object.freeze({ Ok: 0, Degraded: 1, Critical: 2, Stall: 3 });

/** One of the numbers in {@linkcode Status}. */
export type Status = typeof Status[keyof typeof Status];
