import { setTimeout as delay } from "node:timers/promises";
import { stopProcess } from "../../../ffi/signals.ts";
import { readKeys } from "./_controls.ts";
import { type Line, render } from "./_line.ts";
import { readVariable } from "./_process.ts";

// Control sequences of ECMA-48 and, with a "?", of xterm.
const ALTERNATE_SCREEN = "\x1b[?1049h";
const MAIN_SCREEN = "\x1b[?1049l";
const HIDE_CURSOR = "\x1b[?25l";
const SHOW_CURSOR = "\x1b[?25h";
const NO_WRAP = "\x1b[?7l";
const WRAP = "\x1b[?7h";
const HOME = "\x1b[H";
const ERASE_LINE = "\x1b[2K";

/** A character of several bytes, and the request for the column of the cursor. */
const ASK_UNICODE = `${HOME}█\x1b[6n`;

/** The size of a terminal that does not report its own. */
const DEFAULT_SIZE = { columns: 80, rows: 24 };

/** The longest time to restore the terminal, in ms: Ctrl-S may have stopped it. */
const RESTORE_TIMEOUT = 500;
/** The longest time until a terminal answers, in ms: some never do. */
const ANSWER_TIMEOUT = 500;

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
  #isUnicode = isLocaleUnicode();
  /** Resolves when the terminal has answered, or after the timeout. */
  #answered: Promise<void> = Promise.resolve();
  #onAnswer = () => {};
  #hasLeft = false;
  #drawn = "";

  /** @param onKey Called with each key, by its name or its character. */
  constructor(onKey: (key: string) => void) {
    this.#onKey = onKey;
    try {
      Deno.addSignalListener("SIGTSTP", this.#onSuspend);
    } catch {
      // Windows does not have this signal.
    }
    this.#enter();
    if (this.#hasKeyboard && this.#isUnicode === undefined) this.#askUnicode();
    this.closed = this.#hasKeyboard ? this.#read() : new Promise(() => {});
  }

  /**
   * Draws the lines for the screen. Draws nothing if the terminal shows them
   * already, or if it has not read the last screen yet.
   *
   * @throws {Error} If the terminal cannot be written to.
   */
  async draw(linesFor: (screen: Screen) => readonly Line[]): Promise<void> {
    if (this.#hasLeft || this.#output.desiredSize === 0) return;
    const { columns, rows } = this.#size;
    const isUnicode = this.#isUnicode ?? true;
    const lines = linesFor({ columns, rows, isUnicode });
    const look = { columns, hasColor: !Deno.noColor, isUnicode };
    const screen = Array.from(
      { length: rows },
      (_, row) => ERASE_LINE + render(lines[row] ?? [], look),
    ).join("\r\n");
    // A terminal that changes its size may change what it shows.
    const drawn = `${columns} ${screen}`;
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    await this.#write(HOME + screen);
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
    this.#drawn = "";
    // If this fails, the next draw fails too.
    this.#write(ALTERNATE_SCREEN + HIDE_CURSOR + NO_WRAP).catch(() => {});
  }

  #askUnicode(): void {
    this.#write(ASK_UNICODE).catch(() => {});
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#onAnswer = resolve;
    this.#answered = Promise.race([promise, delay(ANSWER_TIMEOUT)]);
  }

  async #restore(line = ""): Promise<void> {
    // A terminal that has closed needs no restoring.
    const restored = this.#write(WRAP + SHOW_CURSOR + MAIN_SCREEN + line)
      .catch(() => {});
    // The shell would read a late answer as typed keys.
    await Promise.race([
      Promise.all([restored, this.#answered]),
      delay(RESTORE_TIMEOUT),
    ]);
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
        for (const key of keys) this.#handle(key);
      }
    } catch {
      // The terminal has closed.
    }
  }

  #handle(key: string): void {
    // deno-lint-ignore no-control-regex
    const column = /^\x1b\[\d+;(\d+)R$/.exec(key)?.[1];
    if (column === undefined) return this.#onKey(key);
    this.#isUnicode ??= column === "2";
    this.#onAnswer();
  }
}

/** Whether the user's locale has Unicode; `undefined` if Deno may not tell. */
function isLocaleUnicode(): boolean | undefined {
  // The first that is set and not empty counts, as in setlocale(3).
  const names = ["LC_ALL", "LC_CTYPE", "LANG"];
  const locale = names.map(readVariable).find((value) => value);
  return locale === undefined ? undefined : /utf-?8/i.test(locale);
}
