import { cString } from "./c_string.ts";
import { libc } from "../libc.ts";
import { receivingLibc } from "./functions.ts";
import { failureOf, type SystemFailure } from "../failure.ts";

/**
 * Removes the file at `path`, which must hold no NUL.
 *
 * @see {@link https://man7.org/linux/man-pages/man2/unlink.2.html unlink(2)}
 * @returns What failed, if anything did.
 */
export function unlink(path: string): SystemFailure | undefined {
  // Opened before the call: opening might change the errno that it leaves.
  libc();
  return failureOf("unlink", receivingLibc().unlink(cString(path)));
}
