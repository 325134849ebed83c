const encoder = new TextEncoder();

/**
 * Writes text to stdout, in order, as soon as it comes. Not by `writeSync`: a
 * reader that stands still would keep the process from hearing signals.
 */
export class TextOutput {
  #unwritten = "";
  #writing: Promise<void> | undefined;

  /**
   * Writes it; done once it has gone out.
   *
   * @throws {Deno.errors.BrokenPipe} Where nobody reads any more.
   */
  write(text: string): Promise<void> {
    this.#unwritten += text;
    return this.#writing ??= this.#writeAll();
  }

  async #writeAll(): Promise<void> {
    try {
      while (this.#unwritten !== "") {
        let bytes = encoder.encode(this.#unwritten);
        this.#unwritten = "";
        while (bytes.length > 0) {
          bytes = bytes.subarray(await Deno.stdout.write(bytes));
        }
      }
    } finally {
      this.#writing = undefined;
    }
  }
}
