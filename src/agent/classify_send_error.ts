import { errnoName, type System, system } from "../../ffi/system.ts";
import { BeatError } from "./beat_error.ts";
import type { BeatOutcome, DropReason } from "./outcome.ts";

/**
 * What a failed `send` means for a beat, by its `errno` on this system.
 *
 * | errno | outcome |
 * |---|---|
 * | `ENOBUFS`, `EAGAIN`, `EWOULDBLOCK` | dropped, `"kernel-queue-full"` |
 * | `ECONNREFUSED`, `ENOENT` | dropped, `"no-observer"` |
 * | `ECONNRESET`, `ENOTCONN`, `EPIPE`; on macOS `EDESTADDRREQ` | dropped, `"peer-gone"` |
 * | `ENOSPC` | dropped, `"storage-full"` |
 * | `ENOMEM` | dropped, `"out-of-memory"` |
 * | any other | failed |
 *
 * @example
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
 * @param errno The number that the call left in `errno`.
 * @returns The outcome, never `"sent"`: frozen, and the same object for the same
 * number.
 */
export const classifySendError: (errno: number) => BeatOutcome =
  createClassifier(system);

/** The classifier of a system, which need not be the one that it runs on. */
export function createClassifier(
  system: System,
): (errno: number) => BeatOutcome {
  let reasons: Map<number, DropReason> | undefined;
  const known = new Map<number, BeatOutcome>();
  return (errno) => {
    let outcome = known.get(errno);
    if (outcome === undefined) {
      reasons ??= dropReasons(system);
      outcome = classify(errno, errnoName(errno, system), reasons.get(errno));
      known.set(errno, outcome);
    }
    return outcome;
  };
}

function dropReasons(
  { errno, lostPeerErrors }: System,
): Map<number, DropReason> {
  const reasons = new Map<number, DropReason>();
  const add = (reason: DropReason, names: readonly string[]) => {
    for (const name of names) reasons.set(errno[name], reason);
  };
  add("out-of-memory", ["ENOMEM"]);
  add("storage-full", ["ENOSPC"]);
  add("peer-gone", lostPeerErrors);
  add("no-observer", ["ECONNREFUSED", "ENOENT"]);
  add("kernel-queue-full", ["EAGAIN", "EWOULDBLOCK", "ENOBUFS"]);
  return reasons;
}

function classify(
  errno: number,
  code: string,
  reason: DropReason | undefined,
): BeatOutcome {
  return Object.freeze(
    reason === undefined
      ? { kind: "failed", error: new BeatError(errno, code) }
      : { kind: "dropped", reason, errno, code },
  );
}
