import { FakeTime } from "@std/testing/time";

/** Time that a test moves, by the calendar and by the monotonic clock alike. */
export class FakeClock implements Disposable {
  readonly #time = new FakeTime();
  readonly #start = this.#time.now;
  readonly #now = performance.now;
  #blocked = 0;

  constructor() {
    performance.now = () => this.#time.now - this.#start + this.#blocked;
  }

  /** Moves on by milliseconds, and calls the timers that are due. */
  async pass(ms: number): Promise<void> {
    await this.#time.tickAsync(ms);
    await this.#time.runMicrotasks();
  }

  /** Lets time pass that no timer learns of until the event loop goes on. */
  block(ms: number): void {
    this.#blocked += ms;
  }

  [Symbol.dispose](): void {
    performance.now = this.#now;
    this.#time[Symbol.dispose]();
  }
}
