import { setTimeout as delay } from "node:timers/promises";
import { environmentVariable } from "../../../ffi/process/environment.ts";
import { stopProcess } from "../../../ffi/process/signals.ts";
import { readKeys } from "./_controls.ts";
import { type Line, render } from "./_render.ts";

// Control sequences of ECMA-48 and, with a "?", of xterm.
const ALTERNATE_SCREEN = "\x1b[?1049h";
const MAIN_SCREEN = "\x1b[?1049l";
const HIDE_CURSOR = "\x1b[?25l";
const SHOW_CURSOR = "\x1b[?25h";
const NO_WRAP = "\x1b[?7l";
const WRAP = "\x1b[?7h";
const ERASE_LINE = "\x1b[2K";
const BELL = "\x07";

/** The size of a terminal that does not report its own. */
const DEFAULT_SIZE = { columns: 80, rows: 24 };

/** The longest time to restore the terminal, in ms: Ctrl-S may have stopped it. */
const RESTORE_TIMEOUT = 500;

const encoder = new TextEncoder();

/** What the lines of a screen depend on. */
export interface Screen {
  readonly columns: number;
  readonly rows: number;
  /** Whether the terminal shows more than ASCII. */
  readonly isUnicode: boolean;
}

/**
 * The user's terminal, as a screen to draw on, until `leave`. While Ctrl-Z stops
 * the process, the terminal is restored for the shell.
 */
export class Terminal {
  /** Resolves when the terminal closes. */
  readonly closed: Promise<void>;
  readonly #output = Deno.stdout.writable.getWriter();
  readonly #hasKeyboard = Deno.stdin.isTerminal();
  readonly #onKey: (key: string) => void;
  readonly #onSuspend = () => void this.#suspend();
  readonly #isUnicode = isLocaleUnicode();
  #hasLeft = false;
  /** The rows that the terminal shows, for its number of columns. */
  #drawn: readonly string[] = [];
  #columns = 0;

  /** @param onKey Called with each key, by its name or its character. */
  constructor(onKey: (key: string) => void) {
    this.#onKey = onKey;
    try {
      Deno.addSignalListener("SIGTSTP", this.#onSuspend);
    } catch {
      // Windows does not have this signal.
    }
    this.#enter();
    this.closed = this.#hasKeyboard ? this.#read() : new Promise(() => {});
  }

  /**
   * Draws the rows that have changed. Draws nothing if the terminal has not read
   * the last ones yet.
   *
   * @throws {Error} If the terminal cannot be written to.
   */
  async draw(linesFor: (screen: Screen) => readonly Line[]): Promise<void> {
    if (this.#hasLeft || this.#output.desiredSize === 0) return;
    const { columns, rows } = this.#size;
    const isUnicode = this.#isUnicode;
    const lines = linesFor({ columns, rows, isUnicode });
    const look = { columns, hasColor: !Deno.noColor, isUnicode };
    const drawn = Array.from(
      { length: rows },
      (_, row) => render(lines[row] ?? [], look),
    );
    // A terminal that changes its size may change what it shows.
    const isKnown = columns === this.#columns && rows === this.#drawn.length;
    const changes = drawn.map((text, row) =>
      isKnown && text === this.#drawn[row]
        ? ""
        : `\x1b[${row + 1}H${ERASE_LINE}${text}`
    ).join("");
    this.#drawn = drawn;
    this.#columns = columns;
    if (changes !== "") await this.#write(changes);
  }

  /** Rings the bell of the terminal. */
  ring(): void {
    // If this fails, the next draw fails too.
    if (!this.#hasLeft) this.#write(BELL).catch(() => {});
  }

  /** Restores the terminal, and prints a line that remains on it. */
  async leave(line: string): Promise<void> {
    this.#hasLeft = true;
    await this.#restore(`${line}\r\n`);
  }

  get #size(): { columns: number; rows: number } {
    try {
      const { columns, rows } = Deno.consoleSize();
      if (columns > 0 && rows > 0) return { columns, rows };
    } catch {
      // The terminal has closed.
    }
    return DEFAULT_SIZE;
  }

  #enter(): void {
    this.#setRaw(true);
    this.#drawn = [];
    // If this fails, the next draw fails too.
    this.#write(ALTERNATE_SCREEN + HIDE_CURSOR + NO_WRAP).catch(() => {});
  }

  async #restore(line = ""): Promise<void> {
    // A terminal that has closed needs no restoring.
    const restored = this.#write(WRAP + SHOW_CURSOR + MAIN_SCREEN + line)
      .catch(() => {});
    await Promise.race([restored, delay(RESTORE_TIMEOUT)]);
    this.#setRaw(false);
  }

  async #suspend(): Promise<void> {
    await this.#restore();
    if (this.#hasLeft) return;
    stopProcess();
    this.#enter();
  }

  #write(text: string): Promise<void> {
    return this.#output.write(encoder.encode(text));
  }

  /** Whether keys are read without echo and without Enter. Ctrl-C is still a signal. */
  #setRaw(isRaw: boolean): void {
    if (!this.#hasKeyboard) return;
    try {
      Deno.stdin.setRaw(isRaw, { cbreak: isRaw });
    } catch {
      // The terminal has closed.
    }
  }

  /** Reads keys until the terminal closes. */
  async #read(): Promise<void> {
    const bytes = new Uint8Array(1_024);
    const decoder = new TextDecoder();
    try {
      for (;;) {
        const length = await Deno.stdin.read(bytes);
        if (length === null) return;
        const part = bytes.subarray(0, length);
        const keys = readKeys(decoder.decode(part, { stream: true }));
        for (const key of keys) this.#onKey(key);
      }
    } catch {
      // The terminal has closed.
    }
  }
}

/** Whether the user's locale has Unicode, by the name of it. */
function isLocaleUnicode(): boolean {
  // The first that is set and not empty counts, as in setlocale(3).
  const names = ["LC_ALL", "LC_CTYPE", "LANG"];
  const locale = names.map(environmentVariable).find((value) => value);
  return /utf-?8/i.test(locale ?? "");
}
