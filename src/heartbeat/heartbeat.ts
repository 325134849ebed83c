import type { BeatOutcome, BeatSender } from "../agent/outcome.ts";
import { Status } from "../frame/status.ts";
import { invalidOption } from "../_invalid_option.ts";
import {
  count,
  type Counters,
  createCounters,
  type HeartbeatCounters,
} from "./counters.ts";
import { ErrorPrinter } from "./_error_printer.ts";
import {
  type CheckedOptions,
  type CheckResult,
  type HeartbeatOptions,
  readAgents,
  readOptions,
} from "./options.ts";

/** A heartbeat. It beats until it is stopped. */
export interface Heartbeat extends Disposable {
  /** What the heartbeat has done so far; always the same object. */
  readonly counters: HeartbeatCounters;
  /** Stops the heartbeat. The agents stay open. It can be called twice. */
  stop(): void;
}

/**
 * Starts a heartbeat: it beats at once, and then at every interval until it is
 * stopped, whatever the check does. All agents get the same status, from one call
 * of `check`. If the check is asynchronous, the first beat waits for it, but at most
 * one interval.
 *
 * The n-th interval ends n intervals after the start, by a monotonic clock, so the
 * heartbeat does not drift. A beat that is missed, because the event loop is blocked
 * for example, is skipped.
 *
 * No error in a callback stops the heartbeat or ends the process. If `beat` of
 * an object of your own throws, or does not return an outcome, the beat counts as
 * failed, `onOutcome` is not called, and the error is printed as one of `onOutcome`.
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
 * @throws {RangeError} If `interval`, `checkTimeout` or `maxLag` is out of range.
 */
export function startHeartbeat(
  agents: BeatSender | readonly BeatSender[],
  options: HeartbeatOptions,
): Heartbeat {
  return new TimedHeartbeat(readAgents(agents), readOptions(options));
}

const STATUSES: readonly Status[] = [
  Status.Ok,
  Status.Degraded,
  Status.Critical,
];

class TimedHeartbeat implements Heartbeat {
  readonly counters: Counters;
  readonly #agents: readonly BeatSender[];
  readonly #options: CheckedOptions;
  readonly #beatErrors = new ErrorPrinter("beat()");
  readonly #onOutcomeErrors = new ErrorPrinter("onOutcome()");
  readonly #start = performance.now();
  /** The number of intervals from the start to the next tick. */
  #due = 0;
  #timer?: ReturnType<typeof setTimeout>;
  #checkTimer?: ReturnType<typeof setTimeout>;
  #isChecking = false;
  #isTimedOut = false;
  #isStopped = false;
  /** What beats carry; unset until the first check settles or takes too long. */
  #status: Status | undefined;
  #payload: number | bigint | undefined;
  #error: unknown;
  /** The status of the last beat. */
  #sent: Status | undefined;

  constructor(agents: readonly BeatSender[], options: CheckedOptions) {
    this.#agents = agents;
    this.#options = options;
    this.counters = createCounters(agents);
    options.signal?.addEventListener("abort", this.stop);
    this.#tick();
  }

  readonly stop = (): void => {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#checkTimer);
    this.#options.signal?.removeEventListener("abort", this.stop);
  };

  [Symbol.dispose](): void {
    this.stop();
  }

  /** Asked before each step: timers and events may come in spite of `stop()`. */
  #hasStopped(): boolean {
    if (this.#options.signal?.aborted) this.stop();
    return this.#isStopped;
  }

  #tick = (): void => {
    if (this.#hasStopped()) return;
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
    if (!this.#isChecking) this.#check();
    else if (!this.#isTimedOut) this.#report(Status.Degraded, overdueError());
    this.#beat(isLate);
  };

  #check(): void {
    try {
      const result = this.#options.check();
      if (isThenable(result)) this.#await(result);
      else this.#report(result);
    } catch (error) {
      this.#report(Status.Degraded, error);
    }
  }

  async #await(check: PromiseLike<CheckResult>): Promise<void> {
    const { checkTimeout } = this.#options;
    this.#isChecking = true;
    if (checkTimeout !== undefined && !this.#hasStopped()) {
      this.#startCheckTimer(checkTimeout);
    }
    try {
      this.#report(await check);
    } catch (error) {
      this.#report(Status.Degraded, error);
    }
    clearTimeout(this.#checkTimer);
    this.#isChecking = this.#isTimedOut = false;
    if (this.#status !== this.#sent) this.#beat();
  }

  /** Makes the beats Critical after some time. */
  #startCheckTimer(ms: number, isExtended = false): void {
    const { checkTimeout, ref } = this.#options;
    const due = performance.now() + ms;
    const timer = this.#checkTimer = setTimeout(() => {
      const lag = performance.now() - due;
      // The event loop was blocked, and so was the check: it gets that time again.
      if (lag > 1 && !isExtended) return this.#startCheckTimer(lag, true);
      this.#isTimedOut = true;
      const message = `The check takes longer than ${checkTimeout} ms`;
      const error = new DOMException(message, "TimeoutError");
      this.#report(Status.Critical, error);
      this.#beat();
    }, ms);
    if (!ref) Deno.unrefTimer(timer);
  }

  /** Sets what the next beats carry. */
  #report(result: CheckResult, error?: unknown): void {
    try {
      let status = result as Status;
      let payload: number | bigint | undefined;
      if (typeof result === "object") ({ status, payload } = result);
      if (!STATUSES.includes(status)) {
        const expected = "Status.Ok, Status.Degraded or Status.Critical";
        throw invalidOption("send result of check", "status", expected, status);
      }
      this.#status = status;
      this.#payload = payload;
      this.#error = error;
    } catch (thrown) {
      this.#report(Status.Degraded, thrown);
    }
  }

  /** Beats with all agents, unless the first check is still running. */
  #beat(isLate = false): void {
    let status = this.#status;
    if (status === undefined) return;
    if (isLate && status === Status.Ok) status = Status.Degraded;
    this.#sent = status;
    for (const agent of this.#agents) {
      if (this.#hasStopped()) return;
      this.#beatWith(agent, status);
    }
  }

  #beatWith(agent: BeatSender, status: Status): void {
    let outcome: BeatOutcome;
    let error = this.#error;
    try {
      outcome = agent.beat(status, this.#payload);
      if (outcome?.kind === "failed" && outcome.error.code === "EINVAL") {
        error ??= outcome.error;
        outcome = agent.beat(Status.Degraded);
      }
      if (isThenable(outcome)) this.#beatErrors.printRejection(outcome);
      count(outcome, this.counters);
    } catch (thrown) {
      this.counters.failed++;
      this.#beatErrors.print(thrown);
      return;
    }
    try {
      const returned: unknown = this.#options.onOutcome(outcome, error);
      if (isThenable(returned)) this.#onOutcomeErrors.printRejection(returned);
    } catch (thrown) {
      this.#onOutcomeErrors.print(thrown);
    }
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
