import { checkResult, type SystemFailure } from "../failure.ts";
import { system } from "../system.ts";
import { receivingLibc } from "./receiving_libc.ts";

const { AT_FDCWD, AT_SYMLINK_NOFOLLOW } = system;

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
  return checkResult(
    "fchmodat",
    fchmodat(AT_FDCWD, cString(path), mode, AT_SYMLINK_NOFOLLOW),
  );
}
