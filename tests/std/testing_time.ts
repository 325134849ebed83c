/**
 * Stands in for `@std/testing/time`, as far as the tests here use it, over the
 * npm package `@sinonjs/fake-timers`.
 *
 * @module
 */

// @ts-types="npm:@types/sinonjs__fake-timers@15.0.1"
// The only one that needs it is this file, so deno.json does not name it.
// deno-lint-ignore no-import-prefix
import { install } from "npm:@sinonjs/fake-timers@15.1.0";

const { setTimeout, clearTimeout, setInterval, clearInterval } = globalThis;
const real = { setTimeout, clearTimeout, setInterval, clearInterval };

/** Time that stands still until a test moves it. */
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
    // Deno's timers are numbers, as unrefTimer() takes them.
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

  /** Moves on, and calls what is due on the way. */
  tick(ms = 0): void {
    this.#clock.tick(ms);
  }

  /** Lets what is pending run, and moves on. */
  async tickAsync(ms = 0): Promise<void> {
    await this.runMicrotasks();
    this.tick(ms);
  }

  /** Lets what is pending run. */
  runMicrotasks(): Promise<void> {
    const { setTimeout } = real; // a call as a method is illegal
    return new Promise((resolve) => void setTimeout(resolve, 0));
  }

  /** Brings real time back. */
  [Symbol.dispose](): void {
    this.#clock.uninstall();
    Object.assign(globalThis, real);
  }
}
