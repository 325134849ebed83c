/** What to do about the codes that an agent's user can do something about. */
const advice: Record<string, string> = {
  EBADF: "the agent is closed",
  EINVAL:
    "status must be Ok, Degraded or Critical, and payload an integer from 0 that fits (64 bits in version 1, 32 in version 2)",
  EACCES: "the observer's socket no longer grants permission to write",
  EIO: "the system gave no entropy to seal it with",
  EHOSTUNREACH: "no route leads to the observer",
  ENETUNREACH: "no route leads to the observer",
  EPERM: "a security policy of this system forbids it",
};

/**
 * Why a beat failed: an `errno` that neither waiting nor reconnecting mends.
 *
 * The same `errno` is always the same object, so it is frozen and has no stack.
 *
 * @example
 * ```ts
 * import { BeatError, classifySendError } from "@varta/client";
 * import { assertInstanceOf } from "@std/assert";
 *
 * const outcome = classifySendError(1);
 * if (outcome.kind === "failed") {
 *   assertInstanceOf(outcome.error, BeatError);
 *   console.log(outcome.error.code); // "EPERM"
 * }
 * ```
 */
export class BeatError extends Error {
  /** The number, as this system counts. */
  readonly errno: number;
  /** The name that `<errno.h>` gives the number, `"EINVAL"` for example. */
  readonly code: string;

  /**
   * Creates the error for an `errno`.
   *
   * @param errno The number.
   * @param code Its name in `<errno.h>`.
   */
  constructor(errno: number, code: string) {
    const cause = advice[code] ?? `send answered errno ${errno}, see errno(3)`;
    super(`Cannot send beat: ${cause} (${code})`);
    this.name = "BeatError";
    this.errno = errno;
    this.code = code;
    this.stack = `${this.name}: ${this.message}`;
    Object.freeze(this);
  }
}
