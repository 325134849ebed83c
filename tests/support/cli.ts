import type { ChildResult } from "./process.ts";

const decoder = new TextDecoder();

/** Returns the arguments with which Deno runs the command line. */
export function cliArgs(...permissions: string[]): readonly string[] {
  const main = import.meta.resolve("../../src/cli/main.ts");
  return ["run", "--no-prompt", ...permissions, main];
}

/** The same with the permission that each command needs. */
export const CLI_ARGS: readonly string[] = cliArgs("--allow-ffi");

/** The command line, running in a process of its own with pipes. */
export class Cli implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #stderrEnd: Promise<void>;
  readonly #output: ReadableStreamDefaultReader<string>;
  #unread = "";
  #stderr = "";
  #hasEnded = false;

  /** Starts it, if `under` is given by that command. */
  constructor(
    args: string[],
    denoArgs: readonly string[] = CLI_ARGS,
    under: readonly string[] = [],
  ) {
    const [command, ...rest] = [
      ...[...under, Deno.execPath()],
      ...[...denoArgs, ...args],
    ];
    this.#child = new Deno.Command(command, {
      args: rest,
      env: { NO_COLOR: "1" },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#stderrEnd = this.#child.stderr.pipeThrough(new TextDecoderStream())
      .pipeTo(
        new WritableStream({ write: (text) => void (this.#stderr += text) }),
      );
    this.#output = this.#child.stdout.pipeThrough(new TextDecoderStream())
      .getReader();
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** What it has printed on stderr until now. */
  get stderr(): string {
    return this.#stderr;
  }

  /** Reads the next line of its stdout; `undefined` after the last. */
  async readLine(): Promise<string | undefined> {
    let end: number;
    while ((end = this.#unread.indexOf("\n")) === -1) {
      const { done, value } = await this.#output.read();
      if (done) return undefined;
      this.#unread += value;
    }
    const line = this.#unread.slice(0, end);
    this.#unread = this.#unread.slice(end + 1);
    return line;
  }

  kill(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  /** Waits for its end. Returns its exit code, its stderr, and the rest of its stdout. */
  async end(): Promise<ChildResult> {
    let stdout = "";
    for (let line; (line = await this.readLine()) !== undefined;) {
      stdout += `${line}\n`;
    }
    const { code } = await this.#child.status;
    await this.#stderrEnd;
    this.#hasEnded = true;
    return { code, stdout: stdout + this.#unread, stderr: this.#stderr };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#hasEnded) return;
    this.#child.kill("SIGKILL");
    await this.#output.cancel();
    await this.#stderrEnd;
    await this.#child.status;
  }
}

/** Runs the command line until it ends. */
export function runCli(
  ...start: ConstructorParameters<typeof Cli>
): Promise<ChildResult> {
  return new Cli(...start).end();
}

/** Runs a line in a shell, in which `$cli` starts the command line. */
export async function runShell(
  line: string,
  cwd: string,
): Promise<ChildResult> {
  const { code, stdout, stderr } = await new Deno.Command("sh", {
    args: ["-c", line],
    cwd,
    env: { cli: [Deno.execPath(), ...CLI_ARGS].join(" "), NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  return {
    code,
    stdout: decoder.decode(stdout),
    stderr: decoder.decode(stderr),
  };
}
