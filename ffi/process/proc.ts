import { checkResult } from "../failure.ts";
import { openFunctions } from "../library.ts";
import { system } from "../system.ts";

const { O_CLOEXEC, errno: { ESRCH } } = system;

/** The largest `pid_t`. */
const MAX_PID = 2 ** 31 - 1;

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const buffer = new Uint8Array(1_024);
const LENGTH = BigInt(buffer.length);

/** What is known about a process id. */
export interface ProcessState {
  /** Whether there is such a process, and it has not ended as a zombie. */
  readonly isRunning: boolean;
  /** Its name, at most 15 bytes of any kind; `undefined` if the system does not tell. */
  readonly name?: string;
  /** When it started, which differs if another process has got its id. */
  readonly started?: string;
}

/**
 * Inspects the process with this id, which may be another user's. Without `/proc`,
 * for example on macOS, a zombie counts as running.
 *
 * @see {@link https://man7.org/linux/man-pages/man2/kill.2.html kill(2)}
 * @see {@link https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html proc_pid_stat(5)}
 */
export function inspectProcess(pid: number): ProcessState {
  // For kill(2), other numbers are groups of processes.
  if (!(pid >= 1 && pid <= MAX_PID)) return { isRunning: false };
  const { kill } = openFunctions("kill", "open", "read", "close");
  if (checkResult("kill", kill(pid, 0))?.errno === ESRCH) {
    return { isRunning: false };
  }
  const fields = isOwnProc() ? readStat(`${pid}`) : null;
  if (fields === null) return { isRunning: true };
  const [, , name, state, threads, started] = fields;
  // The first thread of a process can end before the others, and is a zombie then.
  const isRunning = !/[ZXx]/.test(state) || Number(threads) > 1;
  return { isRunning, name, started };
}

let isOwn: boolean | undefined;

/** Whether `/proc` shows the pid namespace of this process, which it need not. */
function isOwnProc(): boolean {
  return isOwn ??= readStat("self")?.[1] === String(Deno.pid);
}

function readStat(pid: string): RegExpExecArray | null {
  // The name is in parentheses, and may contain some itself.
  return /^(\d+) \((.*)\) (\w) (?:\S+ ){16}(\d+) \S+ (\d+) /s.exec(
    readProcFile(`/proc/${pid}/stat`) ?? "",
  );
}

/**
 * Reads the beginning of a file in `/proc`: as much as the kernel writes at once,
 * at most 1,024 bytes. Returns `undefined` if it cannot be read. Deno itself reads
 * such files only with `--allow-all`.
 */
export function readProcFile(path: string): string | undefined {
  const { open, read, close } = openFunctions("open", "read", "close");
  const fd = open(encoder.encode(`${path}\0`), O_CLOEXEC);
  if (fd === -1) return undefined;
  const length = read(fd, buffer, LENGTH);
  close(fd);
  return length === -1 ? undefined : decoder.decode(buffer.subarray(0, length));
}
