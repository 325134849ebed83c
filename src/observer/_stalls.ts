import { type Frame, NONCE_TERMINAL } from "../frame/frame.ts";
import { Loop } from "./_loop.ts";
import type { Reader } from "./_reader.ts";
import type { Observation, StallChange } from "./observation.ts";

/** How many silent agents are remembered: those longest silent are forgotten. */
const MAX_SILENT = 16_384;

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
   * @throws {RangeError} If `threshold` is not a number above 0 and below 2^31,
   * which is the longest time of a timer.
   */
  constructor(threshold: number) {
    if (
      typeof threshold !== "number" || !(threshold > 0 && threshold < 2 ** 31)
    ) {
      throw new RangeError(
        `Cannot track stalls: threshold must be a number of ms above 0 and below 2^31: received ${
          Deno.inspect(threshold)
        }`,
      );
    }
    this.#threshold = threshold;
  }

  /**
   * Notes a frame.
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
    if (this.#silent.size > MAX_SILENT) {
      const [longest] = this.#silent.keys();
      this.#silent.delete(longest);
    }
  }
}

/** A loop over the changes of all agents. */
export class StallLoop extends Loop<StallChange> {
  readonly #reader: Reader;
  readonly #tracker: StallTracker;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #hasEnded = false;

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
    if (next === undefined || this.#timer !== undefined || this.#hasEnded) {
      return;
    }
    const delay = Math.max(minDelay, Math.ceil(next - performance.now()));
    this.#timer = setTimeout(() => this.#check(), delay);
  }

  #stopTimer(): void {
    this.#hasEnded = true;
    clearTimeout(this.#timer);
  }

  #check(): void {
    this.#timer = undefined;
    // The beats of an agent may be in the kernel's queue still.
    if (!this.#reader.drain()) return this.#setTimer(RETRY_DELAY);
    for (const change of this.#tracker.due(performance.now())) {
      this.enqueue(change);
    }
    this.#setTimer();
  }
}
