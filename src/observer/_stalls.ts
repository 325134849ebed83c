import { type Frame, NONCE_TERMINAL } from "../frame/frame.ts";
import { invalidOption } from "../_invalid_option.ts";
import { LoopQueue } from "./_loop.ts";
import type { Reader } from "./_reader.ts";
import type { Observation, StallChange } from "./observation.ts";

/** How many live agents are remembered, and how many silent ones. */
const MAX_AGENTS = 16_384;

/** The longest time of a timer, in ms. */
const MAX_THRESHOLD = 2 ** 31 - 1;

/** More datagrams than Linux queues: 11, or 513 with systemd. */
const MAX_QUEUE = 4_096;

/** Delay before a check that could not read the whole queue is tried again, in ms. */
const RETRY_DELAY = 10;

/** The last frame of an agent, and when it was received, in ms. */
interface LastFrame {
  readonly last: Frame;
  readonly at: number;
}

interface Silence extends LastFrame {
  readonly hasEnded: boolean;
}

/**
 * Finds the agents that stall, return and end. It has no clock: the caller passes
 * the time, in ms, which never goes back.
 */
export class StallTracker {
  readonly #threshold: number;
  // In the order of their last frames, so the first one is the next to stall.
  readonly #live = new Map<number, LastFrame>();
  readonly #silent = new Map<number, Silence>();

  /**
   * @param threshold The silence that is a stall, in ms.
   * @throws {TypeError} If `threshold` is not a number.
   * @throws {RangeError} If it is not above 0 and at most the longest time of a
   * timer.
   */
  constructor(threshold: number) {
    if (
      typeof threshold !== "number" ||
      !(threshold > 0 && threshold <= MAX_THRESHOLD)
    ) {
      throw invalidOption(
        "report stalls",
        "threshold",
        `a number of milliseconds above 0 and at most ${MAX_THRESHOLD}`,
        threshold,
        "number",
      );
    }
    this.#threshold = threshold;
  }

  /**
   * Notes a frame. If there are too many live agents, a new one is ignored, so that
   * those that are known are still reported.
   *
   * @returns The change, if the agent returns or ends.
   */
  note(frame: Frame, now: number): StallChange | undefined {
    const { pid } = frame;
    const silent = this.#silent.get(pid);
    const before = silent ?? this.#live.get(pid);
    const silence = now - (before?.at ?? now);
    this.#live.delete(pid);
    if (frame.nonce === NONCE_TERMINAL) {
      this.#silence(pid, { last: frame, at: now, hasEnded: true });
      if (silent?.hasEnded) return undefined;
      return { kind: "ended", pid, last: frame, silence };
    }
    if (this.#live.size === MAX_AGENTS) return undefined;
    this.#live.set(pid, { last: frame, at: now });
    if (!this.#silent.delete(pid)) return undefined;
    return { kind: "returned", pid, last: frame, silence };
  }

  /** Returns the agents that have stalled since the last call, longest first. */
  due(now: number): StallChange[] {
    const changes: StallChange[] = [];
    for (const [pid, { last, at }] of this.#live) {
      if (now - at < this.#threshold) break;
      this.#live.delete(pid);
      this.#silence(pid, { last, at, hasEnded: false });
      changes.push({ kind: "stalled", pid, last, silence: now - at });
    }
    return changes;
  }

  /** Returns when the next agent will stall; `undefined` if there is none. */
  next(): number | undefined {
    const [first] = this.#live.values();
    return first && first.at + this.#threshold;
  }

  #silence(pid: number, silence: Silence): void {
    this.#silent.delete(pid);
    this.#silent.set(pid, silence);
    if (this.#silent.size > MAX_AGENTS) {
      const [longest] = this.#silent.keys();
      this.#silent.delete(longest);
    }
  }
}

/** The queue of a loop over the changes of all agents. */
export class StallQueue extends LoopQueue<StallChange> {
  readonly #reader: Reader;
  readonly #tracker: StallTracker;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #hasEnded = false;
  /** When an unfinished check began, and how many datagrams were read by then. */
  #check: { readonly time: number; readonly count: number } | undefined;

  constructor(reader: Reader, threshold: number) {
    super(reader);
    this.#reader = reader;
    this.#tracker = new StallTracker(threshold);
  }

  observe(observation: Observation): void {
    if (observation.kind === "rejected") return;
    const change = this.#tracker.note(observation.frame, performance.now());
    if (change) this.enqueue(change);
    this.#setTimer();
  }

  protected override start(): void {
    super.start();
    this.#setTimer();
  }

  override end(): Promise<void> {
    this.#stopTimer();
    return super.end();
  }

  override fail(error: unknown): void {
    this.#stopTimer();
    super.fail(error);
  }

  /** Sets a timer for the next agent that may stall, unless one is set. */
  #setTimer(minDelay = 0): void {
    const next = this.#tracker.next();
    const isIdle = next === undefined || this.#timer !== undefined;
    if (isIdle || this.#hasEnded || !this.isStarted) return;
    const delay = Math.max(minDelay, Math.ceil(next - performance.now()));
    this.#timer = setTimeout(() => this.#checkAgents(), delay);
  }

  #stopTimer(): void {
    this.#hasEnded = true;
    clearTimeout(this.#timer);
  }

  /**
   * Reports the agents that are due. Their beats may still be in the kernel's queue,
   * so it reads that first: all of it, or as many datagrams as were in it at most.
   */
  #checkAgents(): void {
    this.#timer = undefined;
    const { time, count } = this.#check ??= {
      time: performance.now(),
      count: this.#reader.count,
    };
    const isRead = this.#reader.drain() ||
      this.#reader.count - count >= MAX_QUEUE;
    if (!isRead || this.#hasEnded) return this.#setTimer(RETRY_DELAY);
    this.#check = undefined;
    for (const change of this.#tracker.due(time)) this.enqueue(change);
    this.#setTimer();
  }
}
