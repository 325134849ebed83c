import type { BeatOutcome, DropReason } from "../agent/outcome.ts";
import type { Heartbeat, HeartbeatCounters } from "./heartbeat_types.ts";
import {
  checkHeartbeatOptions,
  type CheckResult,
  type HeartbeatOptions,
} from "./options.ts";
import { Status } from "../frame/status.ts";
import { reconnectsOf, Varta } from "../agent/varta.ts";

/**
 * Beats at once and then every `interval`, until it is stopped.
 *
 * The n-th beat is due n intervals after the first, by a clock that nobody sets,
 * so that it does not drift. A beat that is missed, by a blocked event loop for
 * example, is skipped and never made up for.
 *
 * @throws {TypeError} Where `agent` is no `Varta`, or an option is of another
 * type.
 * @throws {RangeError} Where `interval` or `maxLag` is out of its range.
 *
 * @example
 * ```ts
 * import { startHeartbeat, Status, Varta } from "@varta/client";
 * import { Observer } from "@varta/client/observer";
 * import { assertEquals } from "@std/assert";
 *
 * const path = `/tmp/varta-${Deno.pid}.sock`;
 * using _observer = Observer.bind(path);
 * using agent = Varta.connect(path, { reconnectAfter: 3 });
 * const isLarge = () => Deno.memoryUsage().heapUsed > 2 ** 30;
 *
 * using heartbeat = startHeartbeat(agent, {
 *   interval: 1_000,
 *   check: () => isLarge() ? Status.Degraded : Status.Ok,
 * });
 * assertEquals(heartbeat.counters.sent, 1);
 * ```
 *
 * @param agent The agent that beats; it is not closed with the heartbeat.
 * @param options How often it beats, and what it says.
 * @returns The heartbeat, which has beaten once.
 */
export function startHeartbeat(
  agent: Varta,
  options: HeartbeatOptions,
): Heartbeat {
  if (!(agent instanceof Varta)) {
    throw new TypeError(
      `Cannot start heartbeat: agent must be a Varta: received ${
        Deno.inspect(agent)
      }`,
    );
  }
  checkHeartbeatOptions(options);
  return new AgentHeartbeat(agent, options);
}

class AgentHeartbeat implements Heartbeat {
  readonly counters: Counters;
  readonly #agent: Varta;
  readonly #options: HeartbeatOptions;
  readonly #maxLag: number;
  readonly #start = performance.now();
  /** How many intervals behind the start the next beat is due. */
  #due = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isChecking = false;
  #isStopped = false;

  constructor(agent: Varta, options: HeartbeatOptions) {
    this.#agent = agent;
    this.#options = { ...options };
    this.#maxLag = options.maxLag ?? options.interval;
    this.counters = new Counters(agent);
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
    const { interval, ref } = this.#options;
    const passed = performance.now() - this.#start;
    const lag = Math.max(0, passed - this.#due * interval);
    this.#due = Math.max(this.#due, Math.floor(passed / interval)) + 1;
    const delay = Math.ceil(this.#due * interval - passed);
    const timer = this.#timer = setTimeout(this.#tick, delay);
    if (!ref) Deno.unrefTimer(timer);

    const isLate = lag > this.#maxLag;
    this.counters.lag = lag;
    if (isLate) this.counters.late++;
    this.#check(isLate);
  };

  /** Beats with what the check says. */
  #check(isLate: boolean): void {
    if (this.#isChecking) {
      this.#beat(Status.Degraded, isLate, overdueError());
      return;
    }
    const { check = isOk } = this.#options;
    try {
      const result = check();
      if (isPromise(result)) this.#await(result, isLate);
      else this.#beat(result, isLate);
    } catch (error) {
      this.#beat(Status.Degraded, isLate, error);
    }
  }

  /** Beats when the result is there, unless it is no longer waited for. */
  async #await(result: Promise<CheckResult>, isLate: boolean): Promise<void> {
    const due = this.#due;
    this.#isChecking = true;
    try {
      const settled = await result;
      if (this.#due === due) this.#beat(settled, isLate);
    } catch (error) {
      if (this.#due === due) this.#beat(Status.Degraded, isLate, error);
    } finally {
      this.#isChecking = false;
    }
  }

  #beat(result: CheckResult, isLate: boolean, error?: unknown): void {
    if (this.#isStopped) return;
    const { status, payload } = typeof result === "object"
      ? result
      : { status: result, payload: 0 };
    const isWorse = isLate && status === Status.Ok;
    let outcome = this.#agent.beat(isWorse ? Status.Degraded : status, payload);
    if (outcome.kind === "failed" && outcome.error.code === "EINVAL") {
      error ??= outcome.error;
      outcome = this.#agent.beat(Status.Degraded);
    }
    this.counters.count(outcome);
    try {
      this.#options.onOutcome?.(outcome, error);
    } catch (error) {
      console.error("onOutcome of the heartbeat threw:", error);
    }
  }
}

class Counters implements HeartbeatCounters {
  sent = 0;
  readonly dropped: Record<DropReason, number> = {
    "kernel-queue-full": 0,
    "no-observer": 0,
    "peer-gone": 0,
    "storage-full": 0,
    "out-of-memory": 0,
  };
  failed = 0;
  late = 0;
  lag = 0;
  readonly #agent: Varta;
  readonly #reconnects: number;

  constructor(agent: Varta) {
    this.#agent = agent;
    this.#reconnects = reconnectsOf(agent);
  }

  get reconnects(): number {
    return reconnectsOf(this.#agent) - this.#reconnects;
  }

  count(outcome: BeatOutcome): void {
    if (outcome.kind === "dropped") this.dropped[outcome.reason]++;
    else this[outcome.kind]++;
  }
}

let overdue: DOMException | undefined;

/** The same for every beat that has to do without a check. */
function overdueError(): DOMException {
  return overdue ??= Object.freeze(
    new DOMException("The check takes longer than an interval", "TimeoutError"),
  );
}

function isOk(): CheckResult {
  return Status.Ok;
}

function isPromise(
  result: CheckResult | Promise<CheckResult>,
): result is Promise<CheckResult> {
  return typeof (result as Promise<CheckResult>)?.then === "function";
}
