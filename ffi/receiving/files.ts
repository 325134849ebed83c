import { Descriptor } from "../descriptor.ts";
import { checkResult, isFailure, type SystemFailure } from "../failure.ts";
import { system } from "../system.ts";
import { receivingLibc } from "./functions.ts";

const { AT_FDCWD, AT_SYMLINK_NOFOLLOW, O_CLOEXEC } = system;
const { EAGAIN, EINTR, EOPNOTSUPP } = system.errno;

const encoder = new TextEncoder();

/** Returns a string as C expects it: UTF-8 with a NUL at the end. */
export function cString(text: string): ReturnType<TextEncoder["encode"]> {
  return encoder.encode(`${text}\0`);
}

/**
 * Removes the file at `path`.
 *
 * @see {@link https://man7.org/linux/man-pages/man2/unlink.2.html unlink(2)}
 * @returns The failure, if any.
 */
export function unlink(path: string): SystemFailure | undefined {
  return checkResult("unlink", receivingLibc().unlink(cString(path)));
}

/**
 * Sets the permission bits of the file at `path`. A symbolic link is not followed.
 *
 * @see {@link https://man7.org/linux/man-pages/man2/fchmodat.2.html fchmodat(2)}
 * @returns The failure, if any.
 */
export function chmod(path: string, mode: number): SystemFailure | undefined {
  const { fchmodat } = receivingLibc();
  const failure = checkResult(
    "fchmodat",
    fchmodat(AT_FDCWD, cString(path), mode, AT_SYMLINK_NOFOLLOW),
  );
  if (failure?.errno !== EOPNOTSUPP) return failure;
  // Before Linux 6.6 the C library needs /proc to leave symbolic links alone.
  return isFailure(setAccessControlList(path, mode)) ? failure : undefined;
}

/** <linux/posix_acl_xattr.h> and <linux/posix_acl.h>. */
const AccessControlList = {
  VERSION: 2,
  ACL_USER_OBJ: 0x01,
  ACL_GROUP_OBJ: 0x04,
  ACL_OTHER: 0x20,
  ACL_UNDEFINED_ID: 0xffff_ffff,
} as const;

/**
 * Sets the permission bits by an access control list that has an entry for each of
 * the three classes and no other. `lsetxattr` does not follow a symbolic link.
 *
 * @see {@link https://man7.org/linux/man-pages/man5/acl.5.html acl(5)}
 */
function setAccessControlList(
  path: string,
  mode: number,
): SystemFailure | undefined {
  const { VERSION, ACL_UNDEFINED_ID, ...tags } = AccessControlList;
  const entries = [
    [tags.ACL_USER_OBJ, mode >> 6],
    [tags.ACL_GROUP_OBJ, mode >> 3],
    [tags.ACL_OTHER, mode],
  ].map(([tag, bits]) => [tag | (bits & 7) << 16, ACL_UNDEFINED_ID]);
  const value = new Uint32Array([VERSION, ...entries.flat()]);
  const size = BigInt(value.byteLength);
  const name = cString("system.posix_acl_access");
  const { lsetxattr } = receivingLibc();
  return checkResult(
    "lsetxattr",
    lsetxattr?.(cString(path), name, value, size, 0) ?? -1,
  );
}

// <sys/file.h>, the same on every system.
const LOCK_EX = 2;
const LOCK_NB = 4;

const LOCK_TIMEOUT = 30; // ms
const LOCK_RETRY_DELAY = 1; // ms

const never = new Int32Array(new SharedArrayBuffer(4));

/**
 * Locks the directory of `path`, so that a second call with it waits or fails.
 * Closing the descriptor releases the lock.
 *
 * It waits for another holder of the lock, but not longer than 30 ms, since it
 * blocks the thread. Then the failure is EAGAIN.
 *
 * @see {@link https://man7.org/linux/man-pages/man2/flock.2.html flock(2)}
 */
export function lockDirectory(path: string): Descriptor | SystemFailure {
  const { flock, open } = receivingLibc();
  const directory = new Descriptor();
  const name = cString(path.slice(0, path.lastIndexOf("/") + 1) || ".");
  directory.handle.fd = open(name, O_CLOEXEC);
  const opening = checkResult("open", directory.handle.fd);
  if (opening !== undefined) return opening;
  const start = performance.now();
  for (;;) {
    const failure = checkResult(
      "flock",
      flock(directory.fd, LOCK_EX | LOCK_NB),
    );
    if (failure === undefined) return directory;
    const { errno } = failure;
    const isLate = performance.now() - start > LOCK_TIMEOUT;
    if ((errno !== EAGAIN && errno !== EINTR) || isLate) {
      directory.close();
      return failure;
    }
    Atomics.wait(never, 0, 0, LOCK_RETRY_DELAY);
  }
}
