/** In characters. The pipe of stderr, which may be full, holds at least 64 KiB. */
const MAX_LENGTH = 2_000;

/**
 * Prints the errors of one callback: the first, the 10th, the 100th and so on. More
 * would fill a pipe that is not read, and then `console.error` blocks for ever.
 */
export class ErrorPrinter {
  readonly #callback: string;
  #errors = 0;
  #next = 1;

  constructor(callback: string) {
    this.#callback = callback;
  }

  print(error: unknown): void {
    if (++this.#errors < this.#next) return;
    this.#next *= 10;
    try {
      const text = Deno.inspect(error);
      const printed: unknown = console.error(
        `Error ${this.#errors} in ${this.#callback} of a heartbeat:`,
        text.length > MAX_LENGTH ? text.slice(0, MAX_LENGTH) : error,
      );
      // A program may have replaced it by a function that is asynchronous.
      Promise.resolve(printed).catch(() => {});
    } catch {
      // stderr is closed, or the error throws when it is inspected.
    }
  }

  /** Prints what a value rejects with, if it is a promise. */
  async printRejection(value: unknown): Promise<void> {
    try {
      await value;
    } catch (error) {
      this.print(error);
    }
  }
}
