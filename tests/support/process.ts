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

/** Runs TypeScript in a Deno of its own, with the given flags of `deno run`. */
export async function runDeno(
  code: string,
  flags: string[] = [],
  { unprivileged = false, trace }: ChildOptions = {},
): Promise<ChildResult> {
  // That user cannot write to this one's coverage folder.
  const asNobody = ["env", "--unset=DENO_COVERAGE_DIR"]
    .concat("setpriv", "--reuid=65534", "--clear-groups");
  const [program, ...args] = [
    ...trace ? ["strace", "-qq", "-s", "200", "-e", `trace=${trace}`] : [],
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

/** Whether a program is there to be run. */
export function hasProgram(name: string): boolean {
  try {
    return new Deno.Command(name, { args: ["--version"] }).outputSync().success;
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

/** The numbers of the descriptors that this process has open. */
export function openDescriptors(): number[] {
  const folder = Deno.build.os === "linux" ? "/proc/self/fd" : "/dev/fd";
  const names = Array.from(Deno.readDirSync(folder), ({ name }) => name);
  // Listing the folder takes a descriptor itself, which is closed again.
  return names.map(Number).filter(isOpen).sort((a, b) => a - b);

  function isOpen(fd: number): boolean {
    try {
      Deno.lstatSync(`${folder}/${fd}`);
      return true;
    } catch {
      return false;
    }
  }
}
