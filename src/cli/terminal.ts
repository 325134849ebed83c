import { stopProcess } from "../../ffi/stop_process.ts";
import { pause } from "./pause.ts";
import { TextOutput } from "./text_output.ts";

// Control sequences of ECMA-48 and, with a "?", of xterm.
const ALTERNATE_SCREEN = "\x1b[?1049h";
const MAIN_SCREEN = "\x1b[?1049l";
const HIDE_CURSOR = "\x1b[?25l";
const SHOW_CURSOR = "\x1b[?25h";
const FORBID_WRAP = "\x1b[?7l";
const ALLOW_WRAP = "\x1b[?7h";
const HOME = "\x1b[H";
const ERASE_LINE = "\x1b[2K";

/** How many characters a terminal has room for. */
export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** What a terminal is taken for that does not say its size. */
const DEFAULT_SIZE: Size = { columns: 80, rows: 24 };

/** How long the restoration may take, in ms: a terminal may stand still by Ctrl-S. */
const PATIENCE = 500;

/**
 * The user's terminal, which is a screen to draw on until it is left. While
 * Ctrl-Z has stopped the process, it is the shell's again.
 */
export class Terminal {
  /** Settles when the user presses `q`, or the terminal goes. */
  readonly quit: Promise<void>;
  readonly #output = new TextOutput();
  readonly #hasKeys = Deno.stdin.isTerminal();
  readonly #onSuspend = () => void this.#suspend();
  #isBusy = false;
  #hasLeft = false;
  #drawn = "";

  constructor() {
    listen(Deno.addSignalListener, this.#onSuspend);
    this.#enter();
    this.quit = this.#hasKeys ? untilKey("q") : new Promise(() => {});
  }

  get size(): Size {
    try {
      const { columns, rows } = Deno.consoleSize();
      if (columns > 0 && rows > 0) return { columns, rows };
    } catch {
      // It has none.
    }
    return DEFAULT_SIZE;
  }

  /**
   * Makes these lines, which fit, all that the screen shows; unless it shows
   * them already, or the last picture is not yet out.
   */
  async draw(lines: readonly string[], { columns, rows }: Size): Promise<void> {
    const picture = Array.from(
      { length: rows },
      (_, row) => ERASE_LINE + (lines[row] ?? ""),
    ).join("\r\n");
    // A terminal that changes its size does with the picture what it likes.
    const drawn = `${columns} ${picture}`;
    if (this.#isBusy || drawn === this.#drawn) return;
    this.#isBusy = true;
    this.#drawn = drawn;
    await this.#output.write(HOME + picture);
    this.#isBusy = false;
  }

  /** Makes the terminal again what it was. */
  async leave(): Promise<void> {
    this.#hasLeft = true;
    listen(Deno.removeSignalListener, this.#onSuspend);
    await this.#restore();
  }

  async #restore(): Promise<void> {
    const restored = this.#output.write(ALLOW_WRAP + SHOW_CURSOR + MAIN_SCREEN);
    // Of a terminal that has gone there is nothing to restore.
    await Promise.race([restored.catch(ignore), pause(PATIENCE)]);
    this.#setKeysAtOnce(false);
  }

  #enter(): void {
    this.#setKeysAtOnce(true);
    this.#drawn = "";
    // Where this fails, so does the next picture.
    this.#output.write(ALTERNATE_SCREEN + HIDE_CURSOR + FORBID_WRAP)
      .catch(ignore);
  }

  async #suspend(): Promise<void> {
    this.#isBusy = true;
    await this.#restore();
    if (this.#hasLeft) return;
    stopProcess();
    this.#enter();
    this.#isBusy = false;
  }

  /** Whether keys are read without an echo and without Enter; Ctrl-C goes on being a signal. */
  #setKeysAtOnce(areAtOnce: boolean): void {
    if (!this.#hasKeys) return;
    try {
      Deno.stdin.setRaw(areAtOnce, { cbreak: areAtOnce });
    } catch {
      // The terminal has gone.
    }
  }
}

function ignore(): void {}

function listen(
  change: typeof Deno.addSignalListener,
  listener: () => void,
): void {
  try {
    change("SIGTSTP", listener);
  } catch {
    // Windows has no such signal.
  }
}

async function untilKey(key: string): Promise<void> {
  const bytes = new Uint8Array(64);
  const code = key.charCodeAt(0);
  try {
    for (;;) {
      const length = await Deno.stdin.read(bytes);
      if (length === null || bytes.subarray(0, length).includes(code)) return;
    }
  } catch {
    // The terminal has gone.
  }
}
