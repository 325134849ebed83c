import type { BeatOutcome, BeatSender } from "../agent/outcome.ts";
import { Status } from "../frame/status.ts";
import { checkObject, invalidOption } from "../_invalid_option.ts";

/** The result of a check: the status of the process, or its status and a payload. */
export type CheckResult = Status | {
  readonly status: Status;
  /** As for {@linkcode BeatSender.beat}. */
  readonly payload?: number | bigint;
};

/** Options for {@linkcode startHeartbeat}. */
export interface HeartbeatOptions {
  /** The time from one beat to the next in milliseconds, from 1 to 2^31 − 1. */
  interval: number;
  /**
   * Returns the status of the process. It is called once per interval, just before
   * the beat, unless the last call is still running. The status is Degraded if the
   * check throws, rejects, or returns what an agent cannot send.
   *
   * No beat waits for an asynchronous check, except the first. A beat has the result
   * of the last check that has settled, or is Degraded while a check runs that was
   * started at an earlier interval. If a check settles with another status than that
   * of the last beat, it is sent at once as well. `varta-watch` ignores a beat that is
   * less than 10 ms after the last one of its process; then the next beat has it too.
   *
   * @default {() => Status.Ok}
   */
  check?: () => CheckResult | Promise<CheckResult>;
  /**
   * How many milliseconds an asynchronous check may take, from 1 to 2^31 − 1. When
   * it takes longer, the beats are Critical, at once and until it settles. By default
   * they are Degraded, however long it takes.
   */
  checkTimeout?: number;
  /** Stops the heartbeat when it is aborted. */
  signal?: AbortSignal;
  /**
   * How many milliseconds late the timer of a beat may be. If it is later, because
   * the event loop was blocked, the beat is at least Degraded.
   *
   * @default {interval}
   */
  maxLag?: number;
  /**
   * Called after every beat with its outcome, and with an error if the check failed.
   * If it throws or rejects, `console.error` prints the first error, the 10th, the
   * 100th, and so on: more might fill a pipe that is not read, and block.
   */
  onOutcome?: (outcome: BeatOutcome, error?: unknown) => void;
  /**
   * Whether the heartbeat keeps the process alive.
   *
   * @default {false}
   */
  ref?: boolean;
}

/** The longest time that a timer can wait, in milliseconds. */
const MAX_TIMEOUT = 2 ** 31 - 1;

export type CheckedOptions = ReturnType<typeof readOptions>;

/** Reads each option once, and checks it. */
export function readOptions(options: HeartbeatOptions) {
  checkObject("start heartbeat", "options", options);
  const {
    interval,
    check = () => Status.Ok,
    checkTimeout,
    signal,
    maxLag = interval,
    onOutcome = () => {},
    ref = false,
  } = options;
  checkMilliseconds("interval", interval, 1, MAX_TIMEOUT);
  if (checkTimeout !== undefined) {
    checkMilliseconds("checkTimeout", checkTimeout, 1, MAX_TIMEOUT);
  }
  checkMilliseconds("maxLag", maxLag, 0, Infinity);
  if (typeof check !== "function") throw invalid("check", "a function", check);
  if (typeof onOutcome !== "function") {
    throw invalid("onOutcome", "a function", onOutcome);
  }
  if (typeof ref !== "boolean") throw invalid("ref", "a boolean", ref);
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw invalid("signal", "an AbortSignal", signal);
  }
  return {
    interval,
    check: check.bind(options),
    checkTimeout,
    signal,
    maxLag,
    onOutcome: onOutcome.bind(options),
    ref,
  };
}

/** Returns the agents in a new array. */
export function readAgents(
  agents: BeatSender | readonly BeatSender[],
): readonly BeatSender[] {
  const senders: BeatSender[] = Array.isArray(agents) ? [...agents] : [agents];
  const isValid = senders.length > 0 &&
    senders.every((sender) => typeof sender?.beat === "function");
  if (isValid) return senders;
  const expected = "an object with a beat method, or an array of at least one";
  throw invalid("agents", expected, agents);
}

function checkMilliseconds(
  option: string,
  value: number,
  min: number,
  max: number,
): void {
  if (typeof value === "number" && value >= min && value <= max) return;
  const expected = `a number of milliseconds from ${min} to ${max}`;
  throw invalid(option, expected, value, "number");
}

function invalid(
  ...args: [option: string, expected: string, value: unknown, type?: "number"]
): Error {
  return invalidOption("start heartbeat", ...args);
}
