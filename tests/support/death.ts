import { assertEquals } from "@std/assert";
import { system } from "../../ffi/system.ts";
import { NONCE_TERMINAL, Status } from "../../mod.ts";
import { TestObserver } from "./observer.ts";
import { FFI, MODULE, withoutEmulator } from "./process.ts";

const PATIENCE = 60_000;

/** How a child process ended, and what it said before. */
export interface Death {
  readonly code: number;
  readonly signal: Deno.Signal | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How a child process is run, and what happens to it. */
export interface DeathOptions {
  /** What is sent to it, in order: each once it has printed `ready` once more. */
  readonly signals?: readonly Deno.Signal[];
  /** The signals that it ignores from the start, as under `nohup`. */
  readonly ignored?: readonly Deno.Signal[];
  /** The options of its panic handler. */
  readonly options?: string;
  /** The only library that its grant is for. */
  readonly library?: string;
  /** A program to run it under, with its arguments. */
  readonly under?: readonly string[];
}

/**
 * What the child has: an `agent`, and `install()`, which installs a panic
 * handler where its argument is "with". The signals are as a shell's child has
 * them, however these tests were started; but from 2.9.2 on, half a second after
 * its start, Deno handles some itself, once and for all: that is left as it is.
 * What must come before it the child raises, in the same turn.
 */
function prelude(path: string, options: DeathOptions): string {
  const numbers = (names: readonly Deno.Signal[]) =>
    JSON.stringify(names.map((name) => system.signals[name]));
  const { ignored = [], library = system.libraryName } = options;
  const others = ["SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM"] as const;
  return `
    import { installPanicHandler, startHeartbeat, Status, Varta } from "${MODULE}";
    import { isSignalIgnored } from "${FFI}signal_action.ts";
    const { raise, signal } = Deno.dlopen("${library}", {
      raise: { parameters: ["i32"], result: "i32" },
      signal: { parameters: ["i32", "pointer"], result: "pointer" },
    }).symbols;
    for (const n of ${numbers(others)}) if (isSignalIgnored(n)) signal(n, null);
    for (const n of ${numbers(ignored)}) {
      signal(n, Deno.UnsafePointer.create(1n));
    }
    const agent = Varta.connect("${path}");
    agent.beat(Status.Ok);
    const install = () =>
      Deno.args[0] === "with"
        ? installPanicHandler(agent, ${options.options ?? "{}"})
        : { [Symbol.dispose]() {} };
    const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
    const stay = () => setTimeout(() => console.log("stayed"), ${PATIENCE});
    const ready = () => console.log("ready");
  `;
}

/** Runs the child, and counts its last words. */
export async function runToDeath(
  code: string,
  argument: "with" | "without",
  options: DeathOptions,
): Promise<[Death, words: number]> {
  const { library, signals = [], under = [] } = options;
  using observer = new TestObserver();
  const [program, ...args] = [
    ...under,
    Deno.execPath(),
    ...["run", "--no-check", "--no-config", "--ext=ts"],
    library === undefined ? "--allow-ffi" : `--allow-ffi=${library}`,
    ...["-", argument],
  ];
  const child = new Deno.Command(program, {
    args,
    env: { NO_COLOR: "1" },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const input = child.stdin.getWriter();
  const text = prelude(observer.path, options) + code;
  await input.write(new TextEncoder().encode(text));
  await input.close();
  const errors = new Response(child.stderr).text();

  let sent = 0;
  let stdout = "";
  for await (
    const text of child.stdout.pipeThrough(new TextDecoderStream())
  ) {
    stdout += text;
    const wanted = stdout.split("ready\n").length - 1;
    while (sent < Math.min(wanted, signals.length)) child.kill(signals[sent++]);
  }
  const { code: exitCode, signal } = await child.status;
  const words = observer.receiveAll().filter(({ nonce, status, pid }) => {
    if (nonce !== NONCE_TERMINAL) return false;
    assertEquals(status, Status.Critical);
    if (under.length === 0) assertEquals(pid, child.pid);
    return true;
  });
  // Whether Deno's own loop is in a worker's trace differs from run to run.
  const stderr = withoutEmulator(await errors).replace(
    /^ +at eventLoopTick .*\n/gm,
    "",
  );
  const death = { code: exitCode, signal, stdout, stderr };
  return [death, words.length];
}

/**
 * Asserts that a process which runs this code ends with a panic handler as it
 * ends without, and says its last word so many times.
 *
 * @returns How it ended.
 */
export async function assertLastWords(
  expected: number,
  code: string,
  options: DeathOptions = {},
): Promise<Death> {
  const [[death, words], [without, wordsWithout]] = await Promise.all([
    runToDeath(code, "with", options),
    runToDeath(code, "without", options),
  ]);
  assertEquals(death, without);
  assertEquals([words, wordsWithout], [expected, 0], code);
  return death;
}
