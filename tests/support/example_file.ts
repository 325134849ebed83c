import { blocksOf, deno, replaceIn, writeConfig } from "./examples.ts";
import { type ChildResult, end, TIMEOUT } from "./process.ts";
import type { TestFolder } from "./test_folder.ts";
import { until } from "./until.ts";

/** The path of the folder of the examples in a checkout. */
export const FOLDER = "tests/examples/";
const URL_OF_FOLDER = new URL(`../../${FOLDER}`, import.meta.url);

/** The files in `tests/examples` that a user can copy. */
export const EXAMPLE_FILES: readonly string[] = [
  ...Deno.readDirSync(URL_OF_FOLDER),
].map(({ name }) => name).sort();

/** The text of an example. */
export function readExample(name: string): string {
  return Deno.readTextFileSync(new URL(name, URL_OF_FOLDER));
}

/** The commands of an example, of its module comment; the last one runs it. */
export function commandsOf(name: string): string[] {
  const [block = ""] = blocksOf(FOLDER + name, "sh");
  return block.trimEnd().split("\n");
}

/** How an example is started. */
export interface ExampleOptions {
  /** Texts in the examples and the command, and their replacements. */
  replacements?: Record<string, string>;
  env?: Record<string, string>;
  stdin?: "null" | "piped";
}

/** A process that runs an example with its command, in a folder. */
export class ExampleFile implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #output: Promise<unknown>;
  #stdout = "";
  #stderr = "";

  /** Copies all examples to the folder. They beat to the socket at `path`. */
  constructor(
    name: string,
    folder: TestFolder,
    path: string,
    { replacements = {}, env, stdin }: ExampleOptions = {},
  ) {
    replacements = { "/tmp/varta.sock": path, ...replacements };
    writeConfig(folder);
    for (const file of EXAMPLE_FILES) {
      const code = replaceIn(readExample(file), replacements);
      Deno.writeTextFileSync(folder.file(file), code);
    }
    // In this folder, the examples are not below `tests`.
    const command = commandsOf(name).at(-1)!.replace(FOLDER, "");
    const words = command.split(" ").map((word) => {
      for (const [text, replacement] of Object.entries(replacements)) {
        word = word.replaceAll(text, () => replacement);
      }
      return word;
    });
    const begin = words.indexOf("deno");
    const variables = words.slice(0, begin).map((word) => word.split("="));
    this.#child = deno(folder, words.slice(begin + 1), {
      ...Object.fromEntries(variables),
      ...env,
    }, stdin).spawn();
    this.#output = Promise.all([
      read(this.#child.stdout, (text) => this.#stdout += text),
      read(this.#child.stderr, (text) => this.#stderr += text),
    ]);
  }

  get pid(): number {
    return this.#child.pid;
  }

  get stdin(): WritableStream<Uint8Array> {
    return this.#child.stdin;
  }

  /** What it has printed until now. */
  get stdout(): string {
    return this.#stdout;
  }

  /** What it has printed on stderr until now. */
  get stderr(): string {
    return this.#stderr;
  }

  kill(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  /** Waits until it ends by itself. */
  async output(): Promise<ChildResult> {
    // A program that hangs makes its test fail.
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), TIMEOUT);
    await this.#output;
    const { code } = await this.#child.status;
    clearTimeout(timer);
    return { code, stdout: this.#stdout, stderr: this.#stderr };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await end(this.#child);
    await this.#output;
  }
}

async function read(
  stream: Deno.ChildProcess["stdout"],
  add: (text: string) => void,
): Promise<void> {
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    add(text);
  }
}

/** Replacements for a server that beats often. */
export function serveAt(port: number): Record<string, string> {
  return { "port: 8000": `port: ${port}`, "interval: 1_000": "interval: 100" };
}

/** Sends a request until the server listens, and returns the response. */
export function request(port: number, path = "/"): Promise<Response> {
  return until(
    "the server responds",
    () => fetch(`http://127.0.0.1:${port}${path}`).catch(() => undefined),
  );
}
