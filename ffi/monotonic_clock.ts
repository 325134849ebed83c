import { libc } from "./libc.ts";
import { system } from "./system.ts";

const { MONOTONIC_CLOCK } = system;
const NANOSECONDS_PER_SECOND = 1_000_000_000;

// struct timespec: tv_sec in words 0 and 1, tv_nsec in word 2; word 3 is always
// 0. All systems that Deno runs on are little-endian with 64-bit fields here.
const timespec = new Uint32Array(4);

/**
 * A clock that starts at 0 when it is created, and that cannot be set.
 *
 * @see {@link https://man7.org/linux/man-pages/man2/clock_gettime.2.html clock_gettime(2)}
 */
export class MonotonicClock {
  readonly #libc = libc();
  readonly #startSeconds: number;
  readonly #startNanoseconds: number;

  /** @param start The start in nanoseconds; by default now. */
  constructor(start?: bigint) {
    if (start === undefined) {
      this.#libc.clock_gettime(MONOTONIC_CLOCK, timespec);
      this.#startSeconds = timespec[0];
      this.#startNanoseconds = timespec[2];
    } else {
      this.#startSeconds = Number(start / BigInt(NANOSECONDS_PER_SECOND));
      this.#startNanoseconds = Number(start % BigInt(NANOSECONDS_PER_SECOND));
    }
  }

  /** The start, in nanoseconds of the system's monotonic clock. */
  get start(): bigint {
    return BigInt(this.#startSeconds) * BigInt(NANOSECONDS_PER_SECOND) +
      BigInt(this.#startNanoseconds);
  }

  /**
   * Writes the nanoseconds since the start as a 64-bit integer: its low half at
   * `index`, its high half after that. It is correct for 136 years. Allocates
   * nothing.
   */
  writeElapsed(words: Uint32Array, index: number): void {
    this.#libc.clock_gettime(MONOTONIC_CLOCK, timespec);
    const seconds = (timespec[0] - this.#startSeconds) >>> 0;
    const nanoseconds = timespec[2] - this.#startNanoseconds;
    // A double is exact only up to 2^53 ns, 104 days. So the low half is computed
    // modulo 2^32, where nothing is lost. The error of the double is far below half
    // of 2^32, so rounding gives the exact high half.
    const low = (Math.imul(seconds, NANOSECONDS_PER_SECOND) + nanoseconds) >>>
      0;
    const total = seconds * NANOSECONDS_PER_SECOND + nanoseconds;
    words[index] = low;
    words[index + 1] = Math.round((total - low) / 2 ** 32);
  }
}

/** Returns the time of the system's monotonic clock in nanoseconds. */
export function monotonicNow(): bigint {
  return new MonotonicClock().start;
}
