import { cString } from "./c_string.ts";
import { receivingLibc } from "./functions.ts";
import { system } from "../system.ts";
import { failureOf, type SystemFailure } from "../failure.ts";

const { AT_FDCWD, AT_SYMLINK_NOFOLLOW } = system;

/**
 * Gives the file at `path` these permission bits; never a file that a symbolic
 * link there leads to.
 *
 * @see {@link https://man7.org/linux/man-pages/man2/fchmodat.2.html fchmodat(2)}
 * @returns What failed, if anything did.
 */
export function changeMode(
  path: string,
  mode: number,
): SystemFailure | undefined {
  const { fchmodat } = receivingLibc();
  return failureOf(
    "fchmodat",
    fchmodat(AT_FDCWD, cString(path), mode, AT_SYMLINK_NOFOLLOW),
  );
}
