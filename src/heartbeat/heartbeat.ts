import type { BeatOutcome, BeatSender, DropReason } from "../agent/outcome.ts";
import { Status } from "../frame/status.ts";

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
   * Returns the status of the process. It is called once per interval, unless the
   * last call is still running. The beat is Degraded if the check throws, rejects,
   * takes longer than an interval, or returns what an agent cannot send.
   *
   * @default {() => Status.Ok}
   */
  check?: () => CheckResult | Promise<CheckResult>;
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
   * If it throws or rejects, `console.error` prints the error.
   */
  onOutcome?: (outcome: BeatOutcome, error?: unknown) => void;
  /**
   * Whether the heartbeat keeps the process alive.
   *
   * @default {false}
   */
  ref?: boolean;
}

/** What a heartbeat has done so far. */
export interface HeartbeatCounters {
  /** Beats that the kernel took. */
  readonly sent: number;
  /** Beats that were dropped, by reason. */
  readonly dropped: Readonly<Record<DropReason, number>>;
  /** Beats that failed, for example those of a closed agent. */
  readonly failed: number;
  /** The number of reconnects of all agents since the heartbeat began. */
  readonly reconnects: number;
  /** Timers that were later than `maxLag`. */
  readonly late: number;
  /** How late the last timer was, in milliseconds. */
  readonly lag: number;
}

/** A heartbeat. It beats until it is stopped. */
export interface Heartbeat extends Disposable {
  /** What the heartbeat has done so far; always the same object. */
  readonly counters: HeartbeatCounters;
  /** Stops the heartbeat. The agents stay open. It can be called twice. */
  stop(): void;
}

/**
 * Starts a heartbeat: it beats at once, and then at every interval until it is
 * stopped. All agents get the same status, from one call of `check`.
 *
 * The n-th beat is due n intervals after the first, by a monotonic clock, so the
 * heartbeat does not drift. A beat that is missed, because the event loop is blocked
 * for example, is skipped.
 *
 * No error in a callback stops the heartbeat or ends the process. If `beat` of
 * an object of your own throws, or does not return an outcome, the beat counts as
 * failed, the error is printed by `console.error`, and `onOutcome` is not called.
 *
 * @example Report a large heap as Degraded
 * ```ts
 * import { startHeartbeat, Status, Varta } from "@varta/client";
 * import { Observer } from "@varta/client/observer";
 * import { assertEquals } from "@std/assert";
 *
 * const path = `/tmp/varta-${Deno.pid}.sock`;
 * using _observer = Observer.bind(path);
 * using agent = Varta.connect(path, { version: 2, reconnectAfter: 1 });
 * const isLarge = () => Deno.memoryUsage().heapUsed > 2 ** 30;
 *
 * using heartbeat = startHeartbeat(agent, {
 *   interval: 1_000,
 *   check: () => isLarge() ? Status.Degraded : Status.Ok,
 * });
 * assertEquals(heartbeat.counters.sent, 1);
 * ```
 *
 * @example Beat with two agents
 * ```ts
 * import { type BeatSender, startHeartbeat, Status } from "@varta/client";
 * import { assertEquals } from "@std/assert";
 *
 * const received: Status[] = [];
 * const first: BeatSender = {
 *   beat(status) {
 *     received.push(status);
 *     return { kind: "sent" };
 *   },
 * };
 * const second = { ...first };
 *
 * using heartbeat = startHeartbeat([first, second], { interval: 1_000 });
 * assertEquals(received, [Status.Ok, Status.Ok]);
 * assertEquals(heartbeat.counters.sent, 2);
 * ```
 *
 * @param agents What beats: a `Varta`, a `SystemdWatchdog`, any other object with a
 * `beat` method, or an array of them. The heartbeat does not close them.
 * @param options How often to beat, and what to send. Each is read once.
 * @returns The heartbeat. It has beaten once, unless its check is asynchronous.
 * @throws {TypeError} If there is no agent, an agent has no `beat` method, or an
 * option has the wrong type.
 * @throws {RangeError} If `interval` or `maxLag` is out of range.
 */
export function startHeartbeat(
  agents: BeatSender | readonly BeatSender[],
  options: HeartbeatOptions,
): Heartbeat {
  return new TimedHeartbeat(readAgents(agents), readOptions(options));
}

class TimedHeartbeat implements Heartbeat {
  readonly counters: Counters;
  readonly #agents: readonly BeatSender[];
  readonly #options: CheckedOptions;
  readonly #start = performance.now();
  /** The number of intervals from the start to the next beat. */
  #due = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isChecking = false;
  #isStopped = false;

  constructor(agents: readonly BeatSender[], options: CheckedOptions) {
    this.#agents = agents;
    this.#options = options;
    this.counters = createCounters(agents);
    const { signal } = options;
    if (signal?.aborted) {
      this.#isStopped = true;
      return;
    }
    signal?.addEventListener("abort", this.stop);
    this.#tick();
  }

  readonly stop = (): void => {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    this.#options.signal?.removeEventListener("abort", this.stop);
  };

  [Symbol.dispose](): void {
    this.stop();
  }

  #tick = (): void => {
    const { interval, maxLag, ref } = this.#options;
    const passed = performance.now() - this.#start;
    const lag = Math.max(0, passed - this.#due * interval);
    this.#due = Math.max(this.#due, Math.floor(passed / interval)) + 1;
    // Never longer than an interval, also if performance.now() goes back.
    const delay = Math.ceil(Math.min(this.#due * interval - passed, interval));
    const timer = this.#timer = setTimeout(this.#tick, delay);
    if (!ref) Deno.unrefTimer(timer);

    const isLate = lag > maxLag;
    this.counters.lag = lag;
    if (isLate) this.counters.late++;
    this.#check(isLate);
  };

  /** Beats with the result of the check. */
  #check(isLate: boolean): void {
    if (this.#isChecking) {
      this.#beat(Status.Degraded, isLate, overdueError());
      return;
    }
    let result: CheckResult = Status.Degraded;
    let error: unknown;
    try {
      const returned = this.#options.check();
      if (isThenable(returned)) {
        this.#await(returned, isLate);
        return;
      }
      result = returned;
    } catch (thrown) {
      error = thrown;
    }
    this.#beat(result, isLate, error);
  }

  /** Beats with the result of an asynchronous check, unless it is overdue by then. */
  async #await(promise: Promise<CheckResult>, isLate: boolean): Promise<void> {
    const due = this.#due;
    let result: CheckResult = Status.Degraded;
    let error: unknown;
    this.#isChecking = true;
    try {
      result = await promise;
    } catch (thrown) {
      error = thrown;
    }
    this.#isChecking = false;
    if (this.#due === due) this.#beat(result, isLate, error);
  }

  #beat(result: CheckResult, isLate: boolean, error: unknown): void {
    let status: Status;
    let payload: number | bigint | undefined;
    try {
      ({ status, payload } = typeof result === "object"
        ? result
        : { status: result, payload });
    } catch (thrown) {
      status = Status.Degraded;
      error = thrown;
    }
    if (isLate && status === Status.Ok) status = Status.Degraded;
    for (const agent of this.#agents) {
      if (this.#isStopped) return;
      this.#beatWith(agent, status, payload, error);
    }
  }

  #beatWith(
    agent: BeatSender,
    status: Status,
    payload: number | bigint | undefined,
    error: unknown,
  ): void {
    let outcome: BeatOutcome;
    try {
      outcome = agent.beat(status, payload);
      if (outcome?.kind === "failed" && outcome.error.code === "EINVAL") {
        error ??= outcome.error;
        outcome = agent.beat(Status.Degraded);
      }
      count(outcome, this.counters);
    } catch (thrown) {
      this.counters.failed++;
      printError("beat()", thrown);
      return;
    }
    try {
      const returned: unknown = this.#options.onOutcome(outcome, error);
      if (isThenable(returned)) printRejection("onOutcome()", returned);
    } catch (thrown) {
      printError("onOutcome()", thrown);
    }
  }
}

type Counters = ReturnType<typeof createCounters>;

function createCounters(agents: readonly BeatSender[]) {
  const senders = new Set<BeatSender & { readonly reconnects?: unknown }>(
    agents,
  );
  const countReconnects = () => {
    let sum = 0;
    for (const { reconnects } of senders) {
      if (typeof reconnects === "number") sum += reconnects;
    }
    return sum;
  };
  const before = countReconnects();
  const counters = {
    sent: 0,
    dropped: {
      "kernel-queue-full": 0,
      "no-observer": 0,
      "peer-gone": 0,
      "storage-full": 0,
      "out-of-memory": 0,
    } satisfies Record<DropReason, number>,
    failed: 0,
    get reconnects() {
      return countReconnects() - before;
    },
    late: 0,
    lag: 0,
  };
  // Without this, console.log would show a getter instead of its value.
  return Object.defineProperty(counters, Symbol.for("Deno.customInspect"), {
    value: (inspect: typeof Deno.inspect, options: Deno.InspectOptions) =>
      inspect({ ...counters }, options),
  });
}

/** @throws {TypeError} If it is no outcome: a user's own `beat` may return anything. */
function count(outcome: BeatOutcome, counters: Counters): void {
  const { dropped } = counters;
  if (outcome?.kind === "sent" || outcome?.kind === "failed") {
    counters[outcome.kind]++;
  } else if (Object.hasOwn(dropped, outcome?.reason)) {
    dropped[outcome.reason]++;
  } else {
    if (isThenable(outcome)) printRejection("beat()", outcome);
    throw new TypeError("beat() must return an outcome");
  }
}

async function printRejection(callback: string, promise: unknown) {
  try {
    await promise;
  } catch (error) {
    printError(callback, error);
  }
}

function printError(callback: string, error: unknown): void {
  try {
    console.error(`Error in ${callback} of a heartbeat:`, error);
  } catch {
    // stderr is closed, or the error throws when it is inspected.
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as Partial<Promise<unknown>>)?.then === "function";
}

let overdue: DOMException | undefined;

/** Returns the same error each time, so that an overdue check allocates nothing. */
function overdueError(): DOMException {
  return overdue ??= Object.freeze(
    new DOMException("The check takes longer than an interval", "TimeoutError"),
  );
}

function readAgents(
  agents: BeatSender | readonly BeatSender[],
): readonly BeatSender[] {
  const senders: BeatSender[] = Array.isArray(agents) ? [...agents] : [agents];
  if (senders.length === 0) {
    throw new TypeError(
      "Cannot start heartbeat: agents must not be an empty array",
    );
  }
  for (const sender of senders) {
    if (typeof sender?.beat !== "function") {
      throw invalid(
        "agents",
        sender,
        "an object with a beat method, or an array of them",
      );
    }
  }
  return senders;
}

type CheckedOptions = ReturnType<typeof readOptions>;

/** The longest time that a timer can wait, in milliseconds. */
const MAX_INTERVAL = 2 ** 31 - 1;

function readOptions(options: HeartbeatOptions) {
  if (typeof options !== "object" || options === null) {
    throw invalid("options", options, "an object with an interval");
  }
  const {
    interval,
    check = () => Status.Ok,
    signal,
    maxLag = interval,
    onOutcome = () => {},
    ref = false,
  } = options;
  checkMilliseconds("interval", interval, 1, MAX_INTERVAL);
  checkMilliseconds("maxLag", maxLag, 0, Infinity);
  if (typeof check !== "function") {
    throw invalid("check", check, "a function");
  }
  if (typeof onOutcome !== "function") {
    throw invalid("onOutcome", onOutcome, "a function");
  }
  if (typeof ref !== "boolean") throw invalid("ref", ref, "a boolean");
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw invalid("signal", signal, "an AbortSignal");
  }
  return {
    interval,
    check: check.bind(options),
    signal,
    maxLag,
    onOutcome: onOutcome.bind(options),
    ref,
  };
}

function checkMilliseconds(
  name: string,
  value: number,
  min: number,
  max: number,
): void {
  const expected = `a number of milliseconds from ${min} to ${max}`;
  if (typeof value !== "number") throw invalid(name, value, expected);
  if (!(value >= min && value <= max)) {
    throw invalid(name, value, expected, RangeError);
  }
}

function invalid(
  name: string,
  value: unknown,
  expected: string,
  ErrorClass: typeof TypeError | typeof RangeError = TypeError,
): Error {
  return new ErrorClass(
    `Cannot start heartbeat: ${name} must be ${expected}: received ${
      Deno.inspect(value)
    }`,
  );
}
