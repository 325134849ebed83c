import { cliArgs } from "./cli.ts";
import { TestFolder } from "./test_folder.ts";
import { until } from "./until.ts";

/** The prompt of the shell in the terminal. */
const PROMPT = "ready>";

/** Why tests cannot have a terminal, if so. */
export const missingTmux: string | undefined = checkTmux();

function checkTmux(): string | undefined {
  try {
    const { success } = new Deno.Command("tmux", { args: ["-V"] }).outputSync();
    return success ? undefined : "tmux does not run";
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "tmux is not installed";
    throw error;
  }
}

/** How a terminal is opened. */
export interface TmuxOptions {
  columns?: number;
  rows?: number;
  env?: Record<string, string>;
  /** The permissions of the command line. */
  permissions?: string[];
}

/** A terminal with a shell, in a folder of its own. There, `$cli` starts the command line. */
export class Tmux implements AsyncDisposable {
  readonly #folder = new TestFolder();
  #isClosed = false;

  /** Opens a terminal, and waits for the prompt. */
  static async open(
    { columns = 100, rows = 20, env = {}, permissions = ["--allow-ffi"] }:
      TmuxOptions = {},
  ): Promise<Tmux> {
    const tmux = new Tmux();
    const variables = {
      cli: [Deno.execPath(), ...cliArgs(...permissions)].join(" "),
      PS1: `${PROMPT} `,
      ENV: "",
      ...env,
    };
    await tmux.#run([
      ...["-f", "/dev/null", "new-session", "-d"],
      ...["-x", String(columns), "-y", String(rows)],
      ...["-c", tmux.#folder.path],
      ...["env", "-u", "NO_COLOR"],
      ...Object.entries(variables).map(([name, value]) => `${name}=${value}`),
      "sh",
    ]);
    await tmux.untilShows(RegExp(`^${PROMPT}`));
    return tmux;
  }

  /** Returns the path of a file in the folder of the shell. */
  file(name: string): string {
    return this.#folder.file(name);
  }

  /** Types a line and Enter. */
  async enter(line: string): Promise<void> {
    await this.type(line);
    await this.press("Enter");
  }

  /** Types a text, which may contain control characters. */
  async type(text: string): Promise<void> {
    await this.#run(["send-keys", "-l", text]);
  }

  /** Presses keys, by their names in tmux. */
  async press(...keys: string[]): Promise<void> {
    await this.#run(["send-keys", ...keys]);
  }

  async resize(columns: number, rows: number): Promise<void> {
    const size = ["-x", String(columns), "-y", String(rows)];
    await this.#run(["resize-window", ...size]);
  }

  /** Starts to write the file `output` with all that the terminal receives. */
  async record(): Promise<void> {
    await this.#run(["pipe-pane", 'cat > "$FOLDER/output"']);
  }

  /** Returns the lines of the screen. */
  async screen(...options: string[]): Promise<string[]> {
    const screen = await this.#run(["capture-pane", "-p", ...options]);
    return screen.split("\n").slice(0, -1);
  }

  /** Waits until a line of the screen matches, and returns all lines. */
  untilShows(pattern: RegExp): Promise<string[]> {
    let last: string[] = [];
    return until(`the terminal shows ${pattern}`, async () => {
      last = await this.screen();
      return last.some((line) => pattern.test(line)) ? last : undefined;
    }).catch((error) => {
      throw new Error(`${error.message}; it shows\n${last.join("\n")}`);
    });
  }

  /** Closes the terminal. Its processes get SIGHUP, and cannot read or write. */
  async close(): Promise<void> {
    await this.#run(["kill-server"]);
    this.#isClosed = true;
  }

  /** Returns whether the alternate screen, the cursor and line wrapping are on. */
  async modes(): Promise<{ alternate: number; cursor: number; wrap: number }> {
    const format = "#{alternate_on} #{cursor_flag} #{wrap_flag}";
    const answer = await this.#run(["display-message", "-p", format]);
    const [alternate, cursor, wrap] = answer.split(" ").map(Number);
    return { alternate, cursor, wrap };
  }

  /** Returns the pid of the process that is the terminal. */
  async pid(): Promise<number> {
    return Number(await this.#run(["display-message", "-p", "#{pid}"]));
  }

  async #run(args: string[]): Promise<string> {
    const { success, stdout, stderr } = await new Deno.Command("tmux", {
      args: ["-S", this.#folder.file("tmux"), ...args],
      env: { LC_ALL: "C.UTF-8", TMUX: "", FOLDER: this.#folder.path },
    }).output();
    const decoder = new TextDecoder();
    if (!success) throw new Error(`tmux: ${decoder.decode(stderr)}`);
    return decoder.decode(stdout);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isClosed) await this.close();
    this.#folder[Symbol.dispose]();
  }
}
