import type { BeatError } from "./beat_error.ts";

/**
 * Why a beat was dropped, where a later one may well arrive:
 *
 * - `"kernel-queue-full"`: the observer does not keep up.
 * - `"no-observer"`: nothing receives at the path or port.
 * - `"peer-gone"`: the observer that this agent was connected to has gone.
 * - `"storage-full"`: the system has no room for the datagram.
 * - `"out-of-memory"`: the system has no memory for it.
 *
 * @example
 * ```ts
 * import { classifySendError, type DropReason } from "@varta/client";
 * import { assertEquals } from "@std/assert";
 *
 * function isForOperators(reason: DropReason): boolean {
 *   return reason === "storage-full" || reason === "out-of-memory";
 * }
 *
 * const outcome = classifySendError(12); // ENOMEM
 * assertEquals(outcome.kind === "dropped" && isForOperators(outcome.reason), true);
 * ```
 */
export type DropReason =
  | "kernel-queue-full"
  | "no-observer"
  | "peer-gone"
  | "storage-full"
  | "out-of-memory";

/**
 * What became of a beat: sent, which means that the kernel took it; dropped, by
 * an error that passes; or failed, by one that does not.
 *
 * Outcomes are frozen and shared: the same `errno` gives the same object.
 *
 * @example
 * ```ts
 * import { type BeatOutcome, classifySendError } from "@varta/client";
 * import { assertEquals } from "@std/assert";
 *
 * function describe(outcome: BeatOutcome): string {
 *   switch (outcome.kind) {
 *     case "sent":
 *       return "sent";
 *     case "dropped":
 *       return `dropped: ${outcome.reason}`;
 *     case "failed":
 *       return `failed: ${outcome.error.code}`;
 *   }
 * }
 *
 * assertEquals(describe(classifySendError(2)), "dropped: no-observer");
 * ```
 */
export type BeatOutcome =
  | { readonly kind: "sent" }
  | {
    readonly kind: "dropped";
    readonly reason: DropReason;
    /** The number, as this system counts. */
    readonly errno: number;
    /** The name that `<errno.h>` gives the number. */
    readonly code: string;
  }
  | { readonly kind: "failed"; readonly error: BeatError };
