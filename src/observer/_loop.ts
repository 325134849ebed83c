import type { ObservationSink, Reader } from "./_reader.ts";
import type { Observation } from "./observation.ts";

/** How many values a loop stores at most. */
const HIGH_WATER_MARK = 1_024;

/**
 * The iterator of a `for await` loop over what a reader reads. It gets everything
 * that is read from its first `next()` until its `return()`, or until it ends.
 */
export abstract class Loop<T>
  implements AsyncIterableIterator<T>, ObservationSink {
  readonly #reader: Reader;
  readonly #values: ReadableStreamDefaultReader<T>;
  #controller!: ReadableStreamDefaultController<T>;
  #hasStarted = false;

  constructor(reader: Reader) {
    this.#reader = reader;
    const source: UnderlyingDefaultSource<T> = {
      start: (controller) => void (this.#controller = controller),
      pull: () => reader.update(),
    };
    this.#values = new ReadableStream<T>(source, {
      highWaterMark: HIGH_WATER_MARK,
    }).getReader();
  }

  /** Called with each observation while the loop runs. */
  abstract observe(observation: Observation): void;

  /** Whether the loop stores as many values as it may. */
  get isFull(): boolean {
    return this.#controller.desiredSize! <= 0;
  }

  /** Adds a value to those that `next()` returns. */
  protected enqueue(value: T): void {
    this.#controller.enqueue(value);
  }

  /** Ends the loop. The values that `next()` has not returned yet are lost. */
  end(): Promise<void> {
    return this.#values.cancel();
  }

  /** Ends the loop with an error, which `next()` throws. */
  fail(error: unknown): void {
    this.#controller.error(error);
  }

  async next(): Promise<IteratorResult<T>> {
    if (!this.#hasStarted) {
      this.#hasStarted = true;
      this.#reader.add(this);
    }
    let result: IteratorResult<T> | undefined;
    try {
      return result = await this.#values.read() as IteratorResult<T>;
    } finally {
      if (result === undefined || result.done) await this.#reader.remove(this);
    }
  }

  async return(): Promise<IteratorResult<T>> {
    this.#hasStarted = true;
    // Before it ends, because an ended loop cannot observe anything.
    const removal = this.#reader.remove(this);
    await this.end();
    await removal;
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

/** A loop over all observations. */
export class ObservationLoop extends Loop<Observation> {
  observe(observation: Observation): void {
    this.enqueue(observation);
  }
}
