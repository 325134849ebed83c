import type { ObservationSink, Reader } from "./_reader.ts";
import type { Observation } from "./observation.ts";

/** How many values a loop stores at most. */
const HIGH_WATER_MARK = 1_024;

/** Ends the queues of loops that cannot be continued any more. */
const abandoned = new FinalizationRegistry<LoopQueue<unknown>>(
  (queue) => void queue.end(),
);

/**
 * The iterator of a `for await` loop. It is not that of a `ReadableStream`, whose
 * `return()` waits until a pending `next()` has got a value.
 */
export class Loop<T> implements AsyncIterableIterator<T> {
  readonly #queue: LoopQueue<T>;

  constructor(reader: Reader, queue: LoopQueue<T>) {
    this.#queue = queue;
    reader.add(queue);
    abandoned.register(this, queue);
  }

  // Asynchronous, so that this loop is not garbage-collected while it waits.
  async next(): Promise<IteratorResult<T>> {
    return await this.#queue.next();
  }

  async return(): Promise<IteratorResult<T>> {
    await this.#queue.end();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

/** The values that a loop has got and not returned yet. */
export abstract class LoopQueue<T> implements ObservationSink {
  readonly #reader: Reader;
  readonly #values: ReadableStreamDefaultReader<T>;
  #controller!: ReadableStreamDefaultController<T>;
  isStarted = false;

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

  abstract observe(observation: Observation): void;

  get isFull(): boolean {
    return this.#controller.desiredSize! <= 0;
  }

  /** Adds a value. */
  protected enqueue(value: T): void {
    this.#controller.enqueue(value);
  }

  /** Called by the first `next()`. */
  protected start(): void {
    this.isStarted = true;
    this.#reader.start(this);
  }

  async next(): Promise<IteratorResult<T>> {
    if (!this.isStarted) this.start();
    let result: IteratorResult<T> | undefined;
    try {
      return result = await this.#values.read() as IteratorResult<T>;
    } finally {
      if (result === undefined || result.done) await this.#reader.remove(this);
    }
  }

  /** Ends the loop. The values that it has not returned yet are lost. */
  end(): Promise<void> {
    // First, because an ended loop cannot observe anything.
    const removal = this.#reader.remove(this);
    // It rejects if the loop has failed, which next() has reported.
    this.#values.cancel().catch(() => {});
    return removal;
  }

  /** Ends the loop with an error, which the next `next()` throws. */
  fail(error: unknown): void {
    this.#reader.remove(this);
    this.#controller.error(error);
  }
}

/** The queue of a loop over all observations. */
export class ObservationQueue extends LoopQueue<Observation> {
  observe(observation: Observation): void {
    this.enqueue(observation);
  }
}
