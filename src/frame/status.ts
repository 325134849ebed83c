/**
 * What an agent says of its own health.
 *
 * `Stall` is the observer's word for an agent whose beats have stopped: no
 * agent sends it.
 *
 * @example
 * ```ts
 * import { Status } from "@varta/client";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(Status.Degraded, 1);
 * ```
 */
export const Status: {
  /** Healthy, and making progress. */
  readonly Ok: 0;
  /** Making progress, with trouble: retrying, throttled, late. */
  readonly Degraded: 1;
  /** About to fail, or failing. */
  readonly Critical: 2;
  /** No beat has come for too long; said by the observer alone. */
  readonly Stall: 3;
} = Object.freeze({ Ok: 0, Degraded: 1, Critical: 2, Stall: 3 });

/**
 * One of the numbers in {@linkcode Status}.
 *
 * @example
 * ```ts
 * import { Status } from "@varta/client";
 * import { assertEquals } from "@std/assert";
 *
 * function statusOf(errorsPerMinute: number): Status {
 *   return errorsPerMinute > 10 ? Status.Degraded : Status.Ok;
 * }
 *
 * assertEquals(statusOf(17), 1);
 * ```
 */
export type Status = typeof Status[keyof typeof Status];
