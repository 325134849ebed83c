import { Loop } from "./loop.ts";
import type { Observation } from "./observation.ts";
import type { Listener, Reader } from "./reader.ts";
import type { StallChange } from "./stall_change.ts";
import { StallTracker } from "./stall_tracker.ts";

/** How long to wait where another loop's want of room hides who is silent. */
const UNREAD_PAUSE = 10; // ms

/** A loop over the turns of all agents that the reader hears. */
export function stallLoop(
  reader: Reader,
  threshold: number,
): AsyncIterableIterator<StallChange> {
  return new StallListener(reader, new StallTracker(threshold)).loop;
}

class StallListener implements Listener {
  readonly loop: Loop<StallChange>;
  readonly #reader: Reader;
  readonly #tracker: StallTracker;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(reader: Reader, tracker: StallTracker) {
    this.#reader = reader;
    this.#tracker = tracker;
    this.loop = new Loop<StallChange>({
      start: () => reader.add(this),
      resume: () => reader.resume(),
      stop: () => {
        clearTimeout(this.#timer);
        return reader.remove(this);
      },
    });
  }

  get isFull(): boolean {
    return this.loop.isFull;
  }

  hear(observation: Observation): void {
    if (observation.kind !== "beat") return;
    const change = this.#tracker.note(observation.frame, performance.now());
    if (change) this.loop.push(change);
    this.#arm();
  }

  end(error?: unknown): void {
    clearTimeout(this.#timer);
    this.loop.end(error);
  }

  /** Sets the timer for the next agent that may stall, but never for sooner. */
  #arm(soonest = 0): void {
    const next = this.#tracker.next();
    if (this.#timer !== undefined || next === undefined || this.loop.hasEnded) {
      return;
    }
    const wait = Math.max(soonest, Math.ceil(next - performance.now()));
    this.#timer = setTimeout(() => this.#judge(), wait);
  }

  /** Says who has stalled, behind all that is in the kernel's queue already. */
  #judge(): void {
    this.#timer = undefined;
    if (!this.#reader.drain()) return this.#arm(UNREAD_PAUSE);
    for (const change of this.#tracker.due(performance.now())) {
      this.loop.push(change);
    }
    this.#arm();
  }
}
