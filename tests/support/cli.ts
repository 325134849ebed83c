import type { ChildResult } from "./process.ts";

const decoder = new TextDecoder();

/** The arguments of Deno that run the command line, before its own. */
export const CLI_ARGS: readonly string[] = [
  "run",
  "--no-prompt",
  "--allow-ffi",
  new URL("../../src/cli/main.ts", import.meta.url).pathname,
];

/** The command line in a process of its own, with pipes, as it runs. */
export class Cli implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #stderr: Promise<void>;
  readonly #output: ReadableStreamDefaultReader<string>;
  #unread = "";
  #said = "";
  #hasEnded = false;

  constructor(args: string[], denoArgs: readonly string[] = CLI_ARGS) {
    this.#child = new Deno.Command(Deno.execPath(), {
      args: [...denoArgs, ...args],
      env: { NO_COLOR: "1" },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#stderr = this.#child.stderr.pipeThrough(new TextDecoderStream())
      .pipeTo(
        new WritableStream({ write: (text) => void (this.#said += text) }),
      );
    this.#output = this.#child.stdout.pipeThrough(new TextDecoderStream())
      .getReader();
  }

  /** What it has said on stderr up to now. */
  get said(): string {
    return this.#said;
  }

  /** The next line of its stdout, or `undefined` behind the last. */
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

  /** What it printed and was not read yet, and how it ended. */
  async end(): Promise<ChildResult> {
    let stdout = "";
    for (let line; (line = await this.readLine()) !== undefined;) {
      stdout += `${line}\n`;
    }
    const { code } = await this.#child.status;
    await this.#stderr;
    this.#hasEnded = true;
    return { code, stdout: stdout + this.#unread, stderr: this.#said };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#hasEnded) return;
    this.#child.kill("SIGKILL");
    await this.#output.cancel();
    await this.#stderr;
    await this.#child.status;
  }
}

/** Runs the command line to its end. */
export function runCli(
  args: string[],
  denoArgs: readonly string[] = CLI_ARGS,
): Promise<ChildResult> {
  return new Cli(args, denoArgs).end();
}

/** Runs a line of the shell, in which `$cli` is the command line. */
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
