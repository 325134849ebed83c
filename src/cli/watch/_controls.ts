/** The orders of the table, and the key of each. */
export const sortKeys = {
  s: "severity",
  p: "pid",
  a: "age",
  r: "rate",
  l: "lost beats",
  t: "stalls",
} as const;

/** An order of the table. */
export type Order = typeof sortKeys[keyof typeof sortKeys];

/** The longest filter that can be typed. */
const MAX_FILTER = 64;

/** What the user chose by keys. The names of keys are those of {@linkcode readKeys}. */
export class Controls {
  #order: Order = "severity";
  #filter = "";
  #isTyping = false;
  #isExpanded = false;
  #isFrozen = false;
  #hasHelp = false;
  #isAtFold = false;
  #offset = 0;
  #page = 1;

  get order(): Order {
    return this.#order;
  }

  /** The text by which agents are selected, or `""`. */
  get filter(): string {
    return this.#filter;
  }

  /** Whether the user is typing the filter. */
  get isTyping(): boolean {
    return this.#isTyping;
  }

  /** Whether exited agents are shown one by one. */
  get isExpanded(): boolean {
    return this.#isExpanded;
  }

  /** Whether agents keep their places. */
  get isFrozen(): boolean {
    return this.#isFrozen;
  }

  /** Whether the help is shown instead of the table. */
  get hasHelp(): boolean {
    return this.#hasHelp;
  }

  /**
   * Returns the index of the first item to show.
   *
   * @param count The number of items.
   * @param page How many of them are shown at a time.
   * @param fold The index of the first exited agent, to which `e` scrolls.
   */
  scroll(count: number, page: number, fold = 0): number {
    this.#page = Math.max(1, page);
    if (this.#isAtFold) this.#offset = fold;
    this.#isAtFold = false;
    this.#offset = Math.max(0, Math.min(this.#offset, count - this.#page));
    return this.#offset;
  }

  /** Handles a key. Returns whether it is the one that quits. */
  press(key: string): boolean {
    if (this.#isTyping) this.#type(key);
    else if (key === "q" && !this.#hasHelp) return true;
    else this.#choose(key);
    return false;
  }

  #choose(key: string): void {
    switch (key) {
      case "j":
      case "Down":
        return void this.#offset++;
      case "k":
      case "Up":
        return void this.#offset--;
      case "PageDown":
        return void (this.#offset += this.#page);
      case "PageUp":
        return void (this.#offset -= this.#page);
      case "Home":
      case "g":
        return void (this.#offset = 0);
      case "End":
      case "G":
        return void (this.#offset = Infinity);
      case "?":
        this.#offset = 0;
        return void (this.#hasHelp = !this.#hasHelp);
      case "q":
        return void (this.#hasHelp = false);
      case "Escape":
        if (this.#hasHelp) this.#hasHelp = false;
        else this.#filter = "";
        return;
    }
    if (this.#hasHelp) return;
    if (key === "e") this.#isAtFold = this.#isExpanded = !this.#isExpanded;
    if (key === " ") this.#isFrozen = !this.#isFrozen;
    if (key === "/") this.#isTyping = true;
    if (Object.hasOwn(sortKeys, key)) {
      this.#order = sortKeys[key as keyof typeof sortKeys];
    }
  }

  #type(key: string): void {
    if (key === "Enter") this.#isTyping = false;
    else if (key === "Escape") {
      this.#isTyping = false;
      this.#filter = "";
    } else if (key === "Backspace") {
      this.#filter = Array.from(this.#filter).slice(0, -1).join("");
    } else if (/^[\p{L}\p{N}\p{P}\p{S}\p{M} ]$/u.test(key)) {
      this.#filter = (this.#filter + key).slice(0, MAX_FILTER);
    }
  }
}

/** What a terminal sends for the keys that have names, by xterm and ECMA-48. */
const names: Record<string, string> = {
  "\x1b": "Escape",
  "\r": "Enter",
  "\n": "Enter",
  "\x7f": "Backspace",
  "\b": "Backspace",
  "\x1b[A": "Up",
  "\x1bOA": "Up",
  "\x1b[B": "Down",
  "\x1bOB": "Down",
  "\x1b[5~": "PageUp",
  "\x1b[6~": "PageDown",
  "\x1b[H": "Home",
  "\x1bOH": "Home",
  "\x1b[1~": "Home",
  "\x1b[7~": "Home",
  "\x1b[F": "End",
  "\x1bOF": "End",
  "\x1b[4~": "End",
  "\x1b[8~": "End",
};

/**
 * Splits what was read from a terminal into keys: the name of a key, or otherwise
 * what the terminal sent, for example a character.
 */
export function readKeys(text: string): string[] {
  // deno-lint-ignore no-control-regex
  const sequences = text.match(/\x1b\[[\x20-\x3f]*[\x40-\x7e]|\x1bO.|./gsu);
  return (sequences ?? []).map((sequence) => names[sequence] ?? sequence);
}
