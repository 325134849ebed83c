import { errnoName, type System, system } from "../../ffi/system.ts";
import { checkInteger } from "../_invalid_option.ts";
import type { Status } from "../frame/status.ts";

/**
 * Why a beat was dropped. A later beat may well arrive.
 *
 * - `"kernel-queue-full"`: the observer is too slow, or hangs.
 * - `"no-observer"`: nothing receives at the path or port.
 * - `"peer-gone"`: the observer that the agent was connected to is gone.
 * - `"storage-full"`: the system has no room for the datagram.
 * - `"out-of-memory"`: the system has no memory for the datagram.
 */
export type DropReason =
  | "kernel-queue-full"
  | "no-observer"
  | "peer-gone"
  | "storage-full"
  | "out-of-memory";

/**
 * The result of a beat: sent, if the kernel took it; dropped, because of a
 * temporary error; or failed, because of a permanent one.
 *
 * Outcomes are frozen and shared: the same `errno` gives the same object.
 */
export type BeatOutcome =
  | { readonly kind: "sent" }
  | {
    readonly kind: "dropped";
    readonly reason: DropReason;
    /** The number of the error on this system. */
    readonly errno: number;
    /** The name of the number in `<errno.h>`. */
    readonly code: string;
  }
  | { readonly kind: "failed"; readonly error: BeatError };

/** The outcome of every beat that was sent. */
export const SENT: BeatOutcome = Object.freeze({ kind: "sent" });

/** Anything that can beat: an agent, a systemd watchdog, or an object of your own. */
export interface BeatSender {
  /**
   * Sends one beat.
   *
   * @param status The health of the process.
   * @param payload A non-negative integer that goes with the beat.
   */
  beat(status: Status, payload?: number | bigint): BeatOutcome;
}

/** What to do about the errors that a user can do something about. */
const advice: Record<string, string> = {
  EBADF: "the agent is closed: connect a new one",
  EINVAL:
    "invalid status or payload: status must be Status.Ok, Degraded or Critical, and payload an integer from 0 to 2^64 - 1 in version 1 or 2^32 - 1 in version 2, a bigint if above 2^53 - 1",
  EACCES: "there is no permission to write to the observer's socket any more",
  EIO: "the system has no entropy to seal the beat with",
  EHOSTUNREACH: "there is no route to the observer",
  ENETUNREACH: "there is no route to the observer",
  EPERM: "a security policy of this system forbids it",
};

/**
 * The error of a failed beat: waiting or reconnecting would not help.
 *
 * The same `errno` always gives the same object, so it is frozen and has no stack
 * trace.
 *
 * @example Read the cause
 * ```ts
 * import { BeatError, classifySendError } from "@varta/client";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const outcome = classifySendError(1);
 * assert(outcome.kind === "failed");
 * assert(outcome.error instanceof BeatError);
 * assertEquals(outcome.error.code, "EPERM");
 * ```
 */
export class BeatError extends Error {
  // A field, because an assignment would throw if Error.prototype is frozen.
  /** The name of the class. */
  override readonly name: string = "BeatError";
  /** The number of the error on this system. */
  readonly errno: number;
  /** The name of the number in `<errno.h>`, for example `"EINVAL"`. */
  readonly code: string;

  /**
   * Creates the error for an `errno`.
   *
   * @param errno The number.
   * @param code Its name in `<errno.h>`.
   */
  constructor(errno: number, code: string) {
    const cause = advice[code] ??
      `send failed with errno ${errno}, see errno(3)`;
    super(`Cannot send beat: ${cause} (${code})`);
    this.errno = errno;
    this.code = code;
    Object.defineProperty(this, "stack", {
      value: `BeatError: ${this.message}`,
    });
    Object.freeze(this);
  }

  /**
   * Returns what `JSON.stringify` shows.
   *
   * @ignore
   */
  toJSON(): Pick<BeatError, "name" | "message" | "errno" | "code"> {
    const { name, message, errno, code } = this;
    return { name, message, errno, code };
  }
}

/**
 * Returns the outcome of a beat whose `send` failed, by the `errno` on this
 * system.
 *
 * | errno | outcome |
 * |---|---|
 * | `ENOBUFS`, `EAGAIN`, `EWOULDBLOCK` | dropped, `"kernel-queue-full"` |
 * | `ECONNREFUSED`, `ENOENT` | dropped, `"no-observer"` |
 * | `ECONNRESET`, `ENOTCONN`, `EPIPE`; on macOS and the BSDs `EDESTADDRREQ` | dropped, `"peer-gone"` |
 * | `ENOSPC` | dropped, `"storage-full"` |
 * | `ENOMEM` | dropped, `"out-of-memory"` |
 * | any other | failed |
 *
 * @example Classify ENOMEM
 * ```ts
 * import { classifySendError } from "@varta/client";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(classifySendError(12), {
 *   kind: "dropped",
 *   reason: "out-of-memory",
 *   errno: 12,
 *   code: "ENOMEM",
 * });
 * ```
 *
 * @see {@link https://man7.org/linux/man-pages/man2/send.2.html send(2)}
 *
 * @param errno The number of the error, an integer from 1.
 * @returns The outcome, never `"sent"`. It is frozen, and the same object for the
 * same number.
 * @throws {RangeError} If `errno` is not an integer from 1.
 * @throws {TypeError} If `errno` is not a number.
 */
export function classifySendError(errno: number): BeatOutcome {
  return outcomes.get(errno) ?? classify(errno, system, outcomes);
}

const outcomes = new Map<number, BeatOutcome>();

/**
 * Classifies a number of any system, and keeps the outcome.
 *
 * @param known The outcomes so far.
 */
export function classify(
  errno: number,
  system: System,
  known: Map<number, BeatOutcome>,
): BeatOutcome {
  const { MAX_SAFE_INTEGER } = Number;
  checkInteger("classify error", "errno", errno, 1, MAX_SAFE_INTEGER);
  const code = errnoName(errno, system);
  const reason = dropReason(errno, system);
  const outcome: BeatOutcome = Object.freeze(
    reason === undefined
      ? { kind: "failed", error: new BeatError(errno, code) }
      : { kind: "dropped", reason, errno, code },
  );
  known.set(errno, outcome);
  return outcome;
}

function dropReason(
  errno: number,
  { errno: numbers, peerGoneErrors }: System,
): DropReason | undefined {
  const isOneOf = (...names: string[]) =>
    names.some((name) => numbers[name] === errno);
  if (isOneOf("ENOBUFS", "EAGAIN", "EWOULDBLOCK")) return "kernel-queue-full";
  if (isOneOf("ECONNREFUSED", "ENOENT")) return "no-observer";
  if (isOneOf(...peerGoneErrors)) return "peer-gone";
  if (isOneOf("ENOSPC")) return "storage-full";
  if (isOneOf("ENOMEM")) return "out-of-memory";
}
