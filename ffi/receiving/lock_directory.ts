import { cString } from "./c_string.ts";
import { libc } from "../libc.ts";
import { receivingLibc } from "./functions.ts";
import { system } from "../system.ts";

// <sys/file.h>, the same on every system; so is O_RDONLY of <fcntl.h>, 0.
const LOCK_EX = 2;
const LOCK_NB = 4;

const ATTEMPTS = 1_000;
const PAUSE = 1; // ms

const never = new Int32Array(new SharedArrayBuffer(4));

/**
 * Locks the directory of `path` against all who lock it likewise, for the time
 * of `action`.
 *
 * Where it cannot be locked, or somebody keeps it locked for longer than a
 * second, `action` runs without.
 *
 * @see {@link https://man7.org/linux/man-pages/man2/flock.2.html flock(2)}
 */
export function withLockedDirectory<T>(path: string, action: () => T): T {
  const { flock, open } = receivingLibc();
  const fd = open(cString(directoryOf(path)), system.O_CLOEXEC);
  if (fd === -1) return action();
  try {
    for (let i = 0; i < ATTEMPTS; i++) {
      if (flock(fd, LOCK_EX | LOCK_NB) === 0) break;
      Atomics.wait(never, 0, 0, PAUSE);
    }
    return action();
  } finally {
    libc().close(fd); // and the lock with it
  }
}

function directoryOf(path: string): string {
  const end = path.lastIndexOf("/");
  return end === -1 ? "." : path.slice(0, end + 1);
}
