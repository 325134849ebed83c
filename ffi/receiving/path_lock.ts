import { Descriptor } from "../descriptor.ts";
import {
  checkResult,
  failureOf,
  isFailure,
  type SystemFailure,
} from "../failure.ts";
import { system } from "../system.ts";
import { descriptorStatus, fileStatus } from "./file_status.ts";
import { chmod, cString } from "./files.ts";
import { receivingLibc } from "./receiving_libc.ts";

const { O_CLOEXEC, O_NONBLOCK } = system;
const { EACCES, EAGAIN, EEXIST, EINTR, ENOENT } = system.errno;

// <sys/file.h>, the same on every system.
const LOCK_EX = 2;
const LOCK_NB = 4;

const MAX_ATTEMPTS = 30;
const RETRY_DELAY = 1; // ms

/** The failure while another one holds the lock. */
const isLocked = failureOf("flock", EAGAIN);

const never = new Int32Array(new SharedArrayBuffer(4));

/**
 * A lock for a path: a lock on a directory beside it, `PATH.lock`, which exists only
 * while the lock is held. Every user who can read a directory can lock it, but no other
 * user can read this one.
 *
 * @see {@link https://man7.org/linux/man-pages/man2/flock.2.html flock(2)}
 */
export class PathLock extends Descriptor {
  readonly #directory: string;

  private constructor(path: string) {
    super();
    this.#directory = `${path}.lock`;
  }

  /**
   * Takes the lock. It waits for another holder, but not much longer than 30 ms,
   * since it blocks the thread. Then the failure is EAGAIN.
   */
  static take(path: string): PathLock | SystemFailure {
    for (let i = 1;; i++) {
      const lock = new PathLock(path);
      const failure = lock.#take();
      if (failure === undefined) return lock;
      // Only the descriptor: the directory may be that of another holder.
      lock.close();
      const isTransient = failure === isLocked || failure.syscall === "open" &&
          failure.errno === EACCES;
      if (!isTransient || i === MAX_ATTEMPTS) return failure;
      Atomics.wait(never, 0, 0, RETRY_DELAY);
    }
  }

  /** Removes the directory, and releases the lock. */
  release(): void {
    receivingLibc().rmdir(cString(this.#directory));
    this.close();
  }

  #take(): SystemFailure | undefined {
    const { flock, mkdir, open } = receivingLibc();
    const name = cString(this.#directory);
    const creation = checkResult("mkdir", mkdir(name, 0o700));
    if (creation !== undefined && creation.errno !== EEXIST) return creation;
    // The umask may have removed some of its bits.
    if (creation === undefined) chmod(this.#directory, 0o700);
    // Non-blocking, because it may be a FIFO.
    this.handle.fd = open(name, O_CLOEXEC | O_NONBLOCK);
    const opening = checkResult("open", this.fd);
    // The last holder has just removed it.
    if (opening?.errno === ENOENT) return isLocked;
    if (opening !== undefined) return opening;
    const locking = checkResult("flock", flock(this.fd, LOCK_EX | LOCK_NB));
    if (locking?.errno === EAGAIN || locking?.errno === EINTR) return isLocked;
    // After any other failure, for example because the file system has no locks, it
    // goes on without. Here too, the last holder may have removed the directory.
    const locked = descriptorStatus(this.fd);
    if (isFailure(locked)) return locked;
    const named = fileStatus(this.#directory);
    const isSame = !isFailure(named) && named.identity === locked.identity;
    return isSame ? undefined : isLocked;
  }
}
