import { NONCE_TERMINAL } from "../frame/_layout.ts";
import type { Frame } from "../frame/frame.ts";
import type { StallChange } from "./stall_change.ts";

/** An agent, as it was heard last. */
interface Heard {
  readonly last: Frame;
  readonly at: number;
}

/** How many silent agents are remembered: those longest silent are forgotten. */
const MAX_SILENT = 16_384;

/**
 * Tells, from the frames that come and the time, which agents stall, return and
 * end. It has no clock of its own: all times are the caller's, in ms, and never
 * go back.
 */
export class StallTracker {
  readonly #threshold: number;
  // In the order of their last beats, so that the first is the next to stall.
  readonly #live = new Map<number, Heard>();
  readonly #silent = new Map<number, Heard & { readonly hasEnded: boolean }>();

  /**
   * Creates a tracker that has heard of no agent.
   *
   * @throws {RangeError} Where `threshold` is not a number above 0 and below
   * 2^31, which is what a timer can wait.
   *
   * @param threshold The silence that is a stall, in ms.
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
   * Notes a frame that has come.
   *
   * @param frame The frame.
   * @param now When it came, in ms.
   * @returns What it changes: an agent returns or ends.
   */
  note(frame: Frame, now: number): StallChange | undefined {
    const { pid } = frame;
    const silent = this.#silent.get(pid);
    const before = silent ?? this.#live.get(pid);
    const heard = { last: frame, at: now };
    const silence = now - (before?.at ?? now);
    this.#live.delete(pid);
    if (frame.nonce === NONCE_TERMINAL) {
      this.#silence(pid, { ...heard, hasEnded: true });
      if (silent?.hasEnded) return undefined;
      return { kind: "ended", pid, last: frame, silence };
    }
    this.#live.set(pid, heard);
    if (!this.#silent.delete(pid)) return undefined;
    return { kind: "returned", pid, last: frame, silence };
  }

  /**
   * The agents that have stalled by now, each of them said once.
   *
   * @param now The time, in ms.
   * @returns The longest silent first.
   */
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

  /**
   * When the next agent stalls, unless a beat of it comes before.
   *
   * @returns The time, in ms; `undefined` where there is no agent that could.
   */
  next(): number | undefined {
    for (const { at } of this.#live.values()) return at + this.#threshold;
  }

  #silence(pid: number, heard: Heard & { readonly hasEnded: boolean }): void {
    this.#silent.delete(pid);
    this.#silent.set(pid, heard);
    if (this.#silent.size <= MAX_SILENT) return;
    for (const longest of this.#silent.keys()) {
      this.#silent.delete(longest);
      break;
    }
  }
}
