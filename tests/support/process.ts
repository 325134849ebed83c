import { collectGarbage } from "./exhaustion.ts";
import { until } from "./until.ts";

const decoder = new TextDecoder();

/** What a child process printed, and its exit code. */
export interface ChildResult {
  code: number;
  stdout: string;
  stderr: string;
}

/** How a child process is run. */
export interface ChildOptions {
  /** Without the capabilities by which root ignores the permissions of files. */
  unprivileged?: boolean;
  /** Under strace, which prints these system calls of its main thread on stderr. */
  trace?: string;
  /** Under another program, which these arguments start. */
  under?: readonly string[];
  /** Environment variables besides those of this process. */
  env?: Record<string, string>;
  /** Whether it can read what this process writes. Default: "null". */
  stdin?: "null" | "piped";
}

/** How long a program may run, in ms. An emulator is slow. */
export const TIMEOUT = 300_000;

/** Root without the capabilities by which it ignores the permissions of files. */
export const WITHOUT_CAPABILITIES = [
  "setpriv",
  "--bounding-set=-dac_override,-dac_read_search,-fowner",
] as const;
const STRACE = ["strace", "-qq", "-s", "200", "-e"] as const;

/** Whether a child can be run with `unprivileged`. */
export function canDropPrivileges(): boolean {
  return Deno.uid() !== 0 || hasProgram(...WITHOUT_CAPABILITIES, "true");
}

/** Whether a child can be run with `trace`, which a container may forbid. */
export function canTrace(): boolean {
  return hasProgram(...STRACE, "trace=none", "true");
}

/**
 * Starts a program of the tests in a Deno of its own, with pipes.
 *
 * @param program The URL of its file.
 * @param args What it finds in `Deno.args`.
 * @param flags Flags of `deno run`, its permissions for example.
 */
export function startProgram(
  program: string | URL,
  args: string[] = [],
  flags: string[] = [],
  { unprivileged = false, trace, under = [], env, stdin = "null" }:
    ChildOptions = {},
): Deno.ChildProcess {
  const [command, ...rest] = [
    ...trace ? [...STRACE, `trace=${trace}`] : [],
    ...unprivileged && Deno.uid() === 0 ? WITHOUT_CAPABILITIES : [],
    ...under,
    ...[Deno.execPath(), "run", "--no-check", "--no-config"],
    ...[...flags, `${program}`, ...args],
  ];
  return new Deno.Command(command, {
    args: rest,
    env: { NO_COLOR: "1", ...env },
    stdin,
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** Runs such a program until it ends. */
export async function runProgram(
  ...program: Parameters<typeof startProgram>
): Promise<ChildResult> {
  const child = startProgram(...program);
  // A program that hangs makes its test fail.
  const timer = setTimeout(() => child.kill("SIGKILL"), TIMEOUT);
  const { code, stdout, stderr } = await child.output();
  clearTimeout(timer);
  return {
    code,
    stdout: decoder.decode(stdout).trim(),
    stderr: withoutEmulator(decoder.decode(stderr)).trim(),
  };
}

/** Runs a program that prints JSON, and nothing on stderr; returns the value. */
export async function resultOf<T>(
  ...program: Parameters<typeof runProgram>
): Promise<T> {
  const { code, stdout, stderr } = await runProgram(...program);
  if (code === 0 && stderr === "") return JSON.parse(stdout);
  throw new Error(`${program[0]} ends with exit code ${code}: ${stderr}`);
}

/** Kills a child process that may have ended by itself, and waits for its end. */
export async function end(child: Deno.ChildProcess): Promise<void> {
  try {
    child.kill("SIGKILL");
  } catch {
    // It has ended.
  }
  await child.status;
}

/** Whether a program can be run with these arguments, and succeeds. */
export function hasProgram(name: string, ...args: string[]): boolean {
  if (args.length === 0) args = ["--version"];
  try {
    return new Deno.Command(name, { args }).outputSync().success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/**
 * Whether an emulator runs this Deno, which is built for another processor than
 * the other programs. Then some results of system calls are not the kernel's.
 */
export const isEmulated: boolean = Deno.build.os === "linux" &&
  machine() !== Deno.build.arch;

function machine(): string {
  const { stdout } = new Deno.Command("uname", { args: ["-m"] }).outputSync();
  return decoder.decode(stdout).trim();
}

/** Removes what the emulator prints about the signal that ended a process. */
export function withoutEmulator(stderr: string): string {
  return stderr.replace(/^qemu: uncaught target signal .*\n/gm, "");
}

const [major, minor] = Deno.version.deno.split(".").map(Number);

/**
 * A V8 flag for a process whose Workers end after many beats. Before Deno 2.3, a
 * Worker that ends while V8's compiler thread compiles its C calls crashes Deno:
 * there, V8 compiles in the thread of the Worker. Otherwise it is the default.
 */
export const WORKER_FLAG: string = major === 2 && minor < 3
  ? "--no-concurrent-recompilation"
  : "--concurrent-recompilation";

const folder = Deno.build.os === "linux" ? "/proc/self/fd" : "/dev/fd";

/**
 * The numbers of the descriptors that this process has open. On Linux it leaves
 * out those of Deno itself, which its threads open and close at any time.
 */
export function openDescriptors(): number[] {
  const targets = new Map<number, string>();
  for (const { name } of Deno.readDirSync(folder)) {
    const target = targetOf(`${folder}/${name}`);
    if (target !== undefined) targets.set(Number(name), target);
  }
  const all = [...targets.values()];
  return [...targets.keys()].filter((fd) => isOurs(targets.get(fd)!, all))
    .sort((a, b) => a - b);
}

/** What a descriptor refers to; `undefined` if it has been closed since. */
function targetOf(path: string): string | undefined {
  try {
    if (Deno.build.os === "linux") return Deno.readLinkSync(path);
    Deno.lstatSync(path);
    return path;
  } catch {
    return undefined;
  }
}

/** Whether tests open such a target; Deno opens caches, modules, pipes and event loops. */
function isOurs(target: string, all: string[]): boolean {
  if (Deno.build.os !== "linux") return true;
  // Every event loop of Deno has a copy of the same socket, for signals.
  if (target.startsWith("socket:")) {
    return all.indexOf(target) === all.lastIndexOf(target);
  }
  return target === "/dev/null" || target.includes("/varta-"); // a TestFolder
}

/**
 * Returns the open descriptors when they do not change any more: garbage of earlier
 * tests is collected, and their Workers have ended.
 */
export async function settledDescriptors(): Promise<number[]> {
  // It would take an emulator minutes.
  if (isEmulated) return openDescriptors();
  let collections = 0;
  await collectGarbage(() => ++collections === 3);
  let last = openDescriptors();
  let unchanged = 0;
  await until("the descriptors have settled", () => {
    const now = openDescriptors();
    unchanged = `${now}` === `${last}` ? unchanged + 1 : 0;
    last = now;
    return unchanged === 20;
  });
  return last;
}
