/** How far back the beats are counted, in ms. */
const WINDOW = 10_000;

/** The least time between two arrivals that are kept, in ms. */
const RESOLUTION = 100;

/** An arrival, and how many there were before it. */
interface Arrival {
  readonly at: number;
  readonly before: number;
}

/**
 * How many beats come in a second, over the last ten seconds; of an agent that
 * is slower than that, from its last beat but one on. All times are the
 * caller's, in ms.
 */
export class Rate {
  readonly #arrivals: Arrival[] = [];
  #count = 0;
  #last = 0;

  /** Counts a beat. */
  note(now: number): void {
    const { length } = this.#arrivals;
    if (length === 0 || now - this.#arrivals[length - 1].at >= RESOLUTION) {
      this.#arrivals.push({ at: now, before: this.#count });
    }
    this.#count++;
    this.#last = now;
    let old = 0;
    while (
      old + 1 < this.#arrivals.length &&
      this.#arrivals[old + 1].at <= now - WINDOW
    ) old++;
    if (old > 0) this.#arrivals.splice(0, old);
  }

  /**
   * The beats a second; `undefined` where there was but one. It falls once the
   * next one is late.
   */
  at(now: number): number | undefined {
    if (this.#count < 2) return undefined;
    const { at, before } = this.#arrivals[0];
    const intervals = this.#count - before - 1;
    return 1_000 * Math.min(
      intervals / (this.#last - at),
      (intervals + 1) / (now - at),
    );
  }
}
