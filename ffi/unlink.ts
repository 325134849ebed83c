import { openFunctions } from "./library.ts";
import { failureOf, type SystemFailure } from "./system_failure.ts";

/**
 * Removes the file at `path`, which must hold no NUL.
 *
 * @see {@link https://man7.org/linux/man-pages/man2/unlink.2.html unlink(2)}
 * @returns What failed, if anything did.
 */
export function unlink(path: string): SystemFailure | undefined {
  const pathname = new TextEncoder().encode(`${path}\0`);
  if (openFunctions("unlink").unlink(pathname) === -1) {
    return failureOf("unlink");
  }
}
