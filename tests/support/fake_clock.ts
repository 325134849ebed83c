import { FakeTime } from "@std/testing/time";

/** A clock that a test advances. It replaces timers, `Date` and `performance.now()`. */
export class FakeClock implements Disposable {
  readonly #time = new FakeTime();
  readonly #start = this.#time.now;
  readonly #now = performance.now;
  #blocked = 0;

  constructor() {
    performance.now = () => this.now;
  }

  /** The milliseconds since the clock began. */
  get now(): number {
    return this.#time.now - this.#start + this.#blocked;
  }

  /** Advances the clock by milliseconds, and calls the timers that are due. */
  async pass(ms: number): Promise<void> {
    await this.#time.tickAsync(ms);
    await this.#time.runMicrotasks();
  }

  /** Advances the clock without calling a timer, as a blocked event loop does. */
  block(ms: number): void {
    this.#blocked += ms;
  }

  [Symbol.dispose](): void {
    performance.now = this.#now;
    this.#time[Symbol.dispose]();
  }
}
