import { Status } from "../../frame/status.ts";

/** The number of cells of a history. */
export const CELLS = 10;

/** The length of a cell, in ms: all cells are the last minute. */
const CELL = 6_000;

const statuses = [Status.Ok, Status.Degraded, Status.Critical];
const BITS = statuses.length;
const MASK = 2 ** BITS - 1;
const ALL = 2 ** (BITS * CELLS) - 1;

/**
 * What an agent reported in a cell: its statuses, the most severe last; `"stalled"`
 * if it stalled then, even if it beat too; `"silent"` if no beat arrived; or
 * `"unknown"` before the first beat, and in a cell that has not ended.
 */
export type Cell = readonly Status[] | "stalled" | "silent" | "unknown";

/** The last minute of an agent. Each time is given, in ms. */
export class History {
  readonly #first: number;
  #current: number;
  // A bit for each status in each cell. Those of the current cell are the lowest.
  #bits = 0;
  // A bit for each cell with a stall.
  #stalls = 0;

  constructor(now: number) {
    this.#first = this.#current = Math.floor(now / CELL);
  }

  /** Notes the status of a beat. */
  add(status: Status, now: number): void {
    this.#advance(now);
    // Stall, which version 1 can contain, has no bit.
    this.#bits |= 1 << Math.min(status, Status.Critical);
  }

  /** Notes a stall. */
  addStall(now: number): void {
    this.#advance(now);
    this.#stalls |= 1;
  }

  /** Returns the cells, the oldest first. */
  at(now: number): Cell[] {
    this.#advance(now);
    return Array.from({ length: CELLS }, (_, i) => {
      const age = CELLS - 1 - i;
      if (this.#stalls >> age & 1) return "stalled";
      const bits = this.#bits >> BITS * age & MASK;
      if (bits !== 0) return statuses.filter((status) => bits & 1 << status);
      return age === 0 || this.#current - age < this.#first
        ? "unknown"
        : "silent";
    });
  }

  #advance(now: number): void {
    const cell = Math.floor(now / CELL);
    const steps = Math.min(cell - this.#current, CELLS);
    if (steps <= 0) return;
    this.#bits = steps === CELLS ? 0 : this.#bits << BITS * steps & ALL;
    this.#stalls = this.#stalls << steps & 2 ** CELLS - 1;
    this.#current = cell;
  }
}

/** The period in which beats are counted, in ms. */
const WINDOW = 10_000;

/** The smallest time between two arrivals that are kept, in ms. */
const RESOLUTION = 100;

/** An arrival, and how many there were before it. */
interface Arrival {
  readonly at: number;
  readonly before: number;
}

/**
 * The beats per second of an agent over the last ten seconds. If the agent is
 * slower than that, since the beat before the last one. Each time is given, in ms.
 */
export class Rate {
  readonly #arrivals: Arrival[] = [];
  #count = 0;
  #last = 0;

  /** Counts a beat. */
  add(now: number): void {
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
   * Returns the beats per second, or `undefined` after only one beat. The rate
   * falls when the next beat is late.
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
