/**
 * Replaces `@std/testing/time` if JSR cannot be reached, as far as the tests use
 * it. It is built on the npm package `@sinonjs/fake-timers`.
 *
 * @module
 */

// @ts-types="npm:@types/sinonjs__fake-timers@15.0.1"
// deno.json does not name it: no other file needs it.
import { install } from "npm:@sinonjs/fake-timers@15.1.0";

const { setTimeout, clearTimeout, setInterval, clearInterval } = globalThis;
const real = { setTimeout, clearTimeout, setInterval, clearInterval };

/** A clock that stands still until a test advances it. */
export class FakeTime implements Disposable {
  readonly #clock = install({
    now: Date.now(),
    toFake: [
      "Date",
      "setTimeout",
      "clearTimeout",
      "setInterval",
      "clearInterval",
    ],
  });

  constructor() {
    // Deno.unrefTimer() takes numbers; those of the package are objects.
    const { setTimeout, setInterval } = this.#clock;
    Object.assign(globalThis, {
      setTimeout: (...args: Parameters<typeof setTimeout>) =>
        Number(setTimeout(...args)),
      setInterval: (...args: Parameters<typeof setInterval>) =>
        Number(setInterval(...args)),
    });
  }

  /** Milliseconds since the epoch. */
  get now(): number {
    return this.#clock.now;
  }

  /** Runs the pending microtasks, advances the clock, and calls due timers. */
  async tickAsync(ms = 0): Promise<void> {
    await this.runMicrotasks();
    this.#clock.tick(ms);
  }

  /** Runs the pending microtasks. */
  runMicrotasks(): Promise<void> {
    const { setTimeout } = real; // throws if called as a method of `real`
    return new Promise((resolve) => void setTimeout(resolve, 0));
  }

  /** Restores the real clock. */
  [Symbol.dispose](): void {
    // The package would delete what the constructor replaced.
    this.#clock.uninstall();
    Object.assign(globalThis, real);
  }
}
