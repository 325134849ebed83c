import { setTimeout as delay } from "node:timers/promises";
import { quantilesOf, type Table } from "./request.ts";

/** One beat, or what is compared with it. Returns how many microseconds it took. */
export type TimedBeat = (i: number) => number | Promise<number>;

/** A candidate that does nothing, whose time is the time of the clock. */
const NOTHING = "nothing";

/** Candidates that are measured at the pace of a heartbeat, in one process. */
export class Pace {
  readonly #candidates: [name: string, TimedBeat][] = [
    [NOTHING, timed(() => 0)],
  ];
  readonly #drain: () => void;

  /** @param drain Receives what was sent. It is called after each beat. */
  constructor(drain: () => void) {
    this.#drain = drain;
  }

  /** Adds a candidate. Several can have one name. */
  add(name: string, beat: TimedBeat): void {
    this.#candidates.push([name, beat]);
  }

  /** Beats with each candidate in turn, without a pause. */
  async warmUp(rounds: number): Promise<void> {
    for (let i = 0; i < rounds; i++) {
      for (const [, beat] of this.#candidates) {
        await beat(i);
        this.#drain();
      }
    }
  }

  /**
   * Measures the candidates in random order, round by round, with a pause of
   * `interval` milliseconds before each. The time of the clock is subtracted.
   */
  async measure(
    beats: number,
    interval: number,
  ): Promise<Table["rows"]> {
    const unmeasured = Math.ceil(beats / 10);
    const times: Record<string, number[]> = {};
    for (const [name] of this.#candidates) times[name] = [];
    for (let round = 0; round < unmeasured + beats; round++) {
      for (const [name, beat] of shuffled(this.#candidates)) {
        await delay(interval);
        const time = await beat(round);
        this.#drain();
        if (round >= unmeasured) times[name].push(time);
      }
    }
    const clock = quantilesOf(times[NOTHING]).p50;
    const rows: Table["rows"] = {};
    for (const [name, all] of Object.entries(times)) {
      // C times itself, without Deno's clock.
      const overhead = name === "C" ? 0 : clock;
      rows[name] = quantilesOf(all.map((time) => time - overhead));
    }
    delete rows[NOTHING];
    return rows;
  }
}

/** Times a function by the clock that all candidates have in common. */
export function timed(beat: (i: number) => unknown): TimedBeat {
  return (i) => {
    const start = performance.now();
    beat(i);
    return (performance.now() - start) * 1e3;
  };
}

/** Does the same for a function that is asynchronous. */
export function timedAsync(beat: () => Promise<unknown>): TimedBeat {
  return async () => {
    const start = performance.now();
    await beat();
    return (performance.now() - start) * 1e3;
  };
}

function shuffled<T>(values: T[]): T[] {
  return values.map((value) => ({ value, order: Math.random() }))
    .sort((a, b) => a.order - b.order).map(({ value }) => value);
}
