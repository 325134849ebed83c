import type { Status } from "./status.ts";
import type { VlpVersion } from "./vlp_version.ts";

/**
 * A beat as an observer reads it: what the 32 bytes on the wire say.
 *
 * @example
 * ```ts
 * import { type Frame, Status } from "@varta/client";
 * import { assertEquals } from "@std/assert";
 *
 * const frame: Frame = {
 *   version: 1,
 *   status: Status.Ok,
 *   pid: 4242,
 *   timestamp: 1_500_000_000n,
 *   nonce: 2n,
 *   payload: 0n,
 * };
 *
 * assertEquals(frame.timestamp / 1_000_000n, 1_500n);
 * ```
 */
export interface Frame {
  /** The version of the protocol. */
  version: VlpVersion;
  /** What the agent says of its health. */
  status: Status;
  /** The agent's process id, 32 bits; in version 2 at least 2. */
  pid: number;
  /**
   * Nanoseconds of the agent's monotonic clock since it connected, 64 bits; in
   * version 2 below 2^64 − 1.
   */
  timestamp: bigint;
  /**
   * The number of the beat, 64 bits, from 1; `NONCE_TERMINAL` marks the last
   * frame of an agent that is dying.
   */
  nonce: bigint;
  /** The agent's own word to the observer: 64 bits, in version 2 32. */
  payload: bigint;
}
