import { libc } from "./libc.ts";
import { system } from "./system.ts";

const NANOSECONDS_PER_SECOND = 1_000_000_000;

// struct timespec has two 64-bit fields: tv_sec in words 0 and 1, tv_nsec in
// word 2, with word 3 always 0. The words are little-endian, as every machine
// that Deno runs on.
const timespec = new Uint32Array(4);

/** A moment of the monotonic clock, whose zero is the system's own choice. */
export interface Moment {
  /** Whole seconds. */
  readonly seconds: number;
  /** Nanoseconds since the second began, below 10^9. */
  readonly nanoseconds: number;
}

/**
 * Nanoseconds since a start, right for 584 years.
 *
 * @see {@link https://man7.org/linux/man-pages/man2/clock_gettime.2.html clock_gettime(2)}
 */
export class MonotonicClock {
  readonly #seconds: number;
  readonly #nanoseconds: number;

  constructor(start: Moment = MonotonicClock.now()) {
    this.#seconds = start.seconds;
    this.#nanoseconds = start.nanoseconds;
  }

  /** The present moment. */
  static now(): Moment {
    readTimespec();
    return { seconds: timespecSeconds(), nanoseconds: timespec[2] };
  }

  /**
   * Writes the nanoseconds since the start at `offset`, as an unsigned 64-bit
   * integer in little-endian order. Allocates nothing.
   */
  writeElapsed(view: DataView, offset: number): void {
    readTimespec();
    const seconds = timespecSeconds() - this.#seconds;
    const nanoseconds = timespec[2] - this.#nanoseconds;
    // A double is exact up to 2^53 ns, 104 days. The low half is computed
    // modulo 2^32, where nothing is lost; what a double loses above 2^53 is far
    // below half of 2^32, so that rounding yields the high half.
    const low = (Math.imul(seconds, NANOSECONDS_PER_SECOND) + nanoseconds) >>>
      0;
    const total = seconds * NANOSECONDS_PER_SECOND + nanoseconds;
    view.setUint32(offset, low, true);
    view.setUint32(offset + 4, Math.round((total - low) / 2 ** 32), true);
  }
}

function readTimespec(): void {
  libc().clock_gettime(system.MONOTONIC_CLOCK, timespec);
}

function timespecSeconds(): number {
  return timespec[1] * 2 ** 32 + timespec[0];
}
