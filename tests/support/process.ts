const decoder = new TextDecoder();

/** What a child process printed, and how it ended. */
export interface ChildResult {
  code: number;
  stdout: string;
  stderr: string;
}

/** The module under test, for a child's `import`. */
export const MODULE: string = new URL("../../mod.ts", import.meta.url).href;

const [major, minor] = Deno.version.deno.split(".").map(Number);

/**
 * A flag of V8 for a process whose Workers end behind many beats. Before Deno
 * 2.3, one that ends while V8's compiler thread is at work on its C calls crashes
 * Deno: there V8 compiles in the Worker's own thread. Elsewhere it is the default.
 */
export const WORKER_FLAG: string = major === 2 && minor < 3
  ? "--no-concurrent-recompilation"
  : "--concurrent-recompilation";

/** How a child process is run, other than as this one. */
export interface ChildOptions {
  /** As a user who owns nothing, where this one is root. */
  unprivileged?: boolean;
  /** Under strace, with these system calls of its main thread on its stderr. */
  trace?: string;
}

/** The folder of the C library's bindings, likewise. */
export const FFI: string = new URL("../../ffi/", import.meta.url).href;

/** Whether a child can be run with `trace`: a container may forbid it. */
export function canTrace(): boolean {
  return hasProgram("strace", ...TRACED, "trace=none", "true");
}

/** Whether a child can be run `unprivileged`, or this process is so already. */
export function canDropPrivileges(): boolean {
  return Deno.uid() !== 0 || hasProgram("setpriv", ...DROPPED, "true");
}

const TRACED = ["-qq", "-s", "200", "-e"];
const DROPPED = ["--reuid=65534", "--clear-groups"];

/** Runs TypeScript in a Deno of its own, with the given flags of `deno run`. */
export async function runDeno(
  code: string,
  flags: string[] = [],
  { unprivileged = false, trace }: ChildOptions = {},
): Promise<ChildResult> {
  // That user cannot write to this one's coverage folder.
  const asNobody = ["env", "--unset=DENO_COVERAGE_DIR", "setpriv", ...DROPPED];
  const [program, ...args] = [
    ...trace ? ["strace", ...TRACED, `trace=${trace}`] : [],
    ...unprivileged && Deno.uid() === 0 ? asNobody : [],
    Deno.execPath(),
    ...["run", "--no-check", "--no-config", ...flags, "--ext=ts", "-"],
  ];
  const child = new Deno.Command(program, {
    args,
    env: { NO_COLOR: "1" },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const input = child.stdin.getWriter();
  await input.write(new TextEncoder().encode(code));
  await input.close();
  const { code: exitCode, stdout, stderr } = await child.output();
  return {
    code: exitCode,
    stdout: decoder.decode(stdout).trim(),
    stderr: withoutEmulator(decoder.decode(stderr)).trim(),
  };
}

/** Whether a program is there, and does what its arguments ask of it. */
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
 * Whether an emulator runs this Deno: it is made for another processor than the
 * programs beside it. Then not all that the kernel answers is the kernel's.
 */
export const isEmulated: boolean = Deno.build.os === "linux" &&
  machine() !== Deno.build.arch;

function machine(): string {
  const { stdout } = new Deno.Command("uname", { args: ["-m"] }).outputSync();
  return decoder.decode(stdout).trim();
}

/** What a process said itself, without the emulator's word on the signal that ended it. */
export function withoutEmulator(stderr: string): string {
  return stderr.replace(/^qemu: uncaught target signal .*\n/gm, "");
}

const folder = Deno.build.os === "linux" ? "/proc/self/fd" : "/dev/fd";

/**
 * The numbers of the descriptors that this process has open. Where the system
 * says what they are open for, those are left out that are Deno's own, which
 * other threads may open and close at any time.
 */
export function openDescriptors(): number[] {
  const targets = new Map<number, string>();
  for (const { name } of Deno.readDirSync(folder)) {
    const target = targetOf(`${folder}/${name}`);
    if (target !== undefined) targets.set(Number(name), target);
  }
  const shared = repeated(targets.values());
  return [...targets.keys()]
    .filter((fd) => isOurs(targets.get(fd)!, shared))
    .sort((a, b) => a - b);
}

/** What a descriptor is open for, or `undefined` where it is closed by now. */
function targetOf(path: string): string | undefined {
  try {
    if (Deno.build.os === "linux") return Deno.readLinkSync(path);
    Deno.lstatSync(path);
    return path;
  } catch {
    return undefined;
  }
}

/** Whether tests open such a thing: else it is a cache, a module, a pipe or an event loop. */
function isOurs(target: string, shared: Set<string>): boolean {
  if (Deno.build.os !== "linux") return true;
  // Every event loop has a copy of the socket that signals come by.
  if (target.startsWith("socket:")) return !shared.has(target);
  return target === "/dev/null" || target.includes("/varta-"); // a TestFolder
}

function repeated(values: Iterable<string>): Set<string> {
  const seen = new Set<string>();
  const again = new Set<string>();
  for (const value of values) (seen.has(value) ? again : seen).add(value);
  return again;
}
