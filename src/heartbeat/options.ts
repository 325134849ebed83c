import type { BeatOutcome } from "../agent/outcome.ts";
import type { Status } from "../frame/status.ts";

/**
 * What a check says of the process: its status, or its status and payload.
 *
 * @example
 * ```ts
 * import { type CheckResult, Status } from "@varta/client";
 * import { assertEquals } from "@std/assert";
 *
 * function check(queued: number): CheckResult {
 *   return { status: queued > 100 ? Status.Degraded : Status.Ok, payload: queued };
 * }
 *
 * assertEquals(check(250), { status: Status.Degraded, payload: 250 });
 * ```
 */
export type CheckResult = Status | {
  readonly status: Status;
  /** As for `Varta.beat`. */
  readonly payload?: number | bigint;
};

/**
 * How a heartbeat beats.
 *
 * @example
 * ```ts
 * import { type HeartbeatOptions, startHeartbeat, Status, Varta } from "@varta/client";
 * import { Observer } from "@varta/client/observer";
 * import { assertEquals } from "@std/assert";
 *
 * const path = `/tmp/varta-${Deno.pid}.sock`;
 * using _observer = Observer.bind(path);
 * using agent = Varta.connect(path);
 * const kinds: string[] = [];
 * const options: HeartbeatOptions = {
 *   interval: 1_000,
 *   check: () => ({
 *     status: Status.Ok,
 *     payload: Deno.memoryUsage().heapUsed,
 *   }),
 *   onOutcome: ({ kind }) => kinds.push(kind),
 * };
 * using _heartbeat = startHeartbeat(agent, options);
 * assertEquals(kinds, ["sent"]);
 * ```
 */
export interface HeartbeatOptions {
  /** The time from one beat to the next in milliseconds, from 1 to 2^31 − 1. */
  interval: number;
  /**
   * Says how the process is, once an interval. Where it throws, rejects, takes
   * longer than an interval, or says what no beat can carry, the beat is
   * Degraded. No check begins while another is at work.
   *
   * @default {() => Status.Ok}
   */
  check?: () => CheckResult | Promise<CheckResult>;
  /** Stops the heartbeat. */
  signal?: AbortSignal;
  /**
   * By how many milliseconds a timer may be late before its beat is at least
   * Degraded: so late was the event loop for everything else too.
   *
   * @default {interval}
   */
  maxLag?: number;
  /**
   * Is told the outcome of every beat, and the error of the check behind it if
   * there was one. What it throws itself goes to `console.error`.
   */
  onOutcome?: (outcome: BeatOutcome, error?: unknown) => void;
  /**
   * Whether the heartbeat keeps the process alive.
   *
   * @default {false}
   */
  ref?: boolean;
}

/** What a timer of the system holds, in milliseconds. */
const MAX_INTERVAL = 2 ** 31 - 1;

/**
 * Refuses options that no heartbeat can have.
 *
 * @throws {TypeError} Where one is of another type.
 * @throws {RangeError} Where a number is out of its range.
 */
export function checkHeartbeatOptions(options: HeartbeatOptions): void {
  if (typeof options !== "object" || options === null) {
    throw misfit(TypeError, "options", options, "an object with an interval");
  }
  const { interval, check, signal, maxLag, onOutcome, ref } = options;
  checkNumber("interval", interval, 1, MAX_INTERVAL);
  if (maxLag !== undefined) checkNumber("maxLag", maxLag, 0, Infinity);
  checkType("check", check, "function");
  checkType("onOutcome", onOutcome, "function");
  checkType("ref", ref, "boolean");
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw misfit(TypeError, "signal", signal, "an AbortSignal");
  }
}

function checkNumber(
  name: keyof HeartbeatOptions,
  value: number,
  min: number,
  max: number,
): void {
  const wanted = `a number of milliseconds from ${min} to ${max}`;
  if (typeof value !== "number") throw misfit(TypeError, name, value, wanted);
  if (!(value >= min && value <= max)) {
    throw misfit(RangeError, name, value, wanted);
  }
}

function checkType(
  name: keyof HeartbeatOptions,
  value: unknown,
  type: "function" | "boolean",
): void {
  if (value !== undefined && typeof value !== type) {
    throw misfit(TypeError, name, value, `a ${type}`);
  }
}

function misfit(
  ErrorClass: typeof TypeError | typeof RangeError,
  name: string,
  value: unknown,
  wanted: string,
): Error {
  return new ErrorClass(
    `Cannot start heartbeat: ${name} must be ${wanted}: received ${
      Deno.inspect(value)
    }`,
  );
}
