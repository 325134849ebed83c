/** How many values a loop may be behind. */
const MAX_BEHIND = 1_024;

/** Whoever fills a loop. */
export interface Supply {
  /** Called at the first `next()`. */
  start(): void;
  /** Called where there is room. */
  resume(): void;
  /** Called where nothing is wanted any more; done once nothing runs for it. */
  stop(): Promise<void>;
}

/**
 * The iterator of a `for await` loop over values that are pushed into it. It runs
 * from its first `next()` until it ends or is left.
 */
export class Loop<T> implements AsyncIterableIterator<T> {
  readonly #supply: Supply;
  readonly #values: T[] = [];
  readonly #waiting: PromiseWithResolvers<IteratorResult<T>>[] = [];
  #hasStarted = false;
  #hasEnded = false;
  #failure: { readonly error: unknown } | undefined;

  constructor(supply: Supply) {
    this.#supply = supply;
  }

  /** Whether it has as many values as it may be behind. */
  get isFull(): boolean {
    return this.#values.length >= MAX_BEHIND;
  }

  /** Whether it gives nothing more. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Gives the loop one value more. */
  push(value: T): void {
    const waiting = this.#waiting.shift();
    if (waiting) waiting.resolve({ done: false, value });
    else this.#values.push(value);
  }

  /** Ends the loop at once, with an error if there is one: the rest is lost. */
  end(error?: unknown): void {
    if (error !== undefined) this.#failure = { error };
    this.#hasEnded = true;
    this.#values.length = 0;
    for (const { resolve } of this.#waiting.splice(0)) resolve(this.#finish());
  }

  next(): Promise<IteratorResult<T>> {
    if (!this.#hasStarted && !this.#hasEnded) {
      this.#hasStarted = true;
      this.#supply.start();
    }
    if (this.#hasEnded) return this.#finish();
    if (this.#values.length > 0) {
      const value = this.#values.shift()!;
      this.#supply.resume();
      return Promise.resolve({ done: false, value });
    }
    const waiting = Promise.withResolvers<IteratorResult<T>>();
    this.#waiting.push(waiting);
    return waiting.promise;
  }

  return(): Promise<IteratorResult<T>> {
    this.end();
    return this.#finish();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** What comes behind the last value, once nothing runs: the error, then the end. */
  async #finish(): Promise<IteratorResult<T>> {
    const failure = this.#failure;
    this.#failure = undefined;
    if (this.#hasStarted) await this.#supply.stop();
    if (failure) throw failure.error;
    return { done: true, value: undefined };
  }
}
