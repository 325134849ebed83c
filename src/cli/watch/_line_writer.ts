/** How many characters wait for a slow reader before its writer waits too. */
const HIGH_WATER_MARK = 65_536;

/** The longest time to write the rest at the end, in ms. */
const CLOSE_TIMEOUT = 500;

/**
 * Writes lines in the order of the calls. What comes while it writes is written at
 * once after that: under load, a write for each line would be too slow.
 */
export class LineWriter {
  /** Rejects when a line cannot be written. */
  readonly failed: Promise<never>;
  readonly #file: Pick<Deno.FsFile, "write">;
  readonly #name: string;
  readonly #encoder = new TextEncoder();
  #fail!: (error: unknown) => void;
  #unwritten = "";
  #writing: Promise<void> | undefined;

  /**
   * @param name What the lines are written to, for an error.
   * @param file Not its stream, which hides the failure of a write until the next.
   */
  constructor(name: string, file: Pick<Deno.FsFile, "write">) {
    this.#name = name;
    this.#file = file;
    this.failed = new Promise((_, reject) => this.#fail = reject);
    this.failed.catch(() => {});
  }

  /** Writes a line. Returns a promise if the next one should wait for it. */
  write(line: string): Promise<void> | undefined {
    this.#unwritten += `${line}\n`;
    this.#writing ??= this.#writeAll();
    return this.#unwritten.length > HIGH_WATER_MARK ? this.#writing : undefined;
  }

  /** Resolves when all lines are written, or their reader is too slow. */
  async close(): Promise<void> {
    let timer;
    const timeout = new Promise<void>((resolve) =>
      timer = setTimeout(resolve, CLOSE_TIMEOUT)
    );
    await Promise.race([this.#writing, timeout]);
    clearTimeout(timer);
  }

  async #writeAll(): Promise<void> {
    try {
      while (this.#unwritten !== "") {
        const text = this.#unwritten;
        this.#unwritten = "";
        let bytes = this.#encoder.encode(text);
        while (bytes.length > 0) {
          bytes = bytes.subarray(await this.#file.write(bytes));
        }
      }
      this.#writing = undefined;
    } catch (cause) {
      const { message } = cause as Error;
      // The promise of the write stays, so nothing is written after this.
      this.#fail(
        new Error(`Cannot write an event to ${this.#name}: ${message}`, {
          cause,
        }),
      );
    }
  }
}
