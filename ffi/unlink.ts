import { libc } from "./libc.ts";
import { type Functions, openFunctions } from "./library.ts";
import { failureOf, type SystemFailure } from "./system_failure.ts";

let removing: Functions<"unlink"> | undefined;

/**
 * Removes the file at `path`, which must hold no NUL.
 *
 * @see {@link https://man7.org/linux/man-pages/man2/unlink.2.html unlink(2)}
 * @returns What failed, if anything did.
 */
export function unlink(path: string): SystemFailure | undefined {
  // Opened before the call: opening might change the errno that it leaves.
  libc();
  removing ??= openFunctions("unlink");
  const pathname = new TextEncoder().encode(`${path}\0`);
  if (removing.unlink(pathname) === -1) {
    return failureOf("unlink");
  }
}
