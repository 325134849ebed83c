/**
 * The check that the bytes failed, the first of those in the order of the protocol.
 *
 * @example
 * ```ts
 * import { DecodeError, type DecodeErrorReason, decodeFrame } from "@varta/client";
 * import { assertEquals } from "@std/assert";
 *
 * function reasonOf(bytes: Uint8Array): DecodeErrorReason | undefined {
 *   try {
 *     decodeFrame(bytes);
 *   } catch (error) {
 *     if (error instanceof DecodeError) return error.reason;
 *   }
 * }
 *
 * assertEquals(reasonOf(new Uint8Array(31)), "BadLength");
 * assertEquals(reasonOf(new Uint8Array(32)), "BadMagic");
 * ```
 */
export type DecodeErrorReason =
  | "BadLength"
  | "BadMagic"
  | "BadVersion"
  | "BadCrc"
  | "BadStatus"
  | "StallOnWire"
  | "BadPid"
  | "BadTimestamp"
  | "BadNonce";

const causes: Record<DecodeErrorReason, string> = {
  BadLength: "a frame is exactly 32 bytes long",
  BadMagic: "it does not begin with the bytes 0x56 0x41",
  BadVersion: "its version is not one that is read here",
  BadCrc: "its checksum does not match: it was damaged on the way",
  BadStatus: "its status is none of the known ones",
  StallOnWire: "its status is Stall, which only an observer says",
  BadPid: "its pid is 0 or 1, which no agent has",
  BadTimestamp: "its timestamp is 2^64 - 1, which stands for none",
  BadNonce: "its nonce is the terminal one, but its status is not Critical",
};

/**
 * Bytes that are not a frame, with the check that they failed.
 *
 * @example
 * ```ts
 * import { DecodeError, decodeFrame } from "@varta/client";
 * import { assertThrows } from "@std/assert";
 *
 * const error = assertThrows(() => decodeFrame(new Uint8Array(31)), DecodeError);
 *
 * console.log(error.reason); // "BadLength"
 * ```
 */
export class DecodeError extends Error {
  /** The check that failed. */
  readonly reason: DecodeErrorReason;

  /**
   * Creates the error for a failed check.
   *
   * @param reason The check that failed.
   */
  constructor(reason: DecodeErrorReason) {
    super(`Cannot decode frame: ${causes[reason]} (${reason})`);
    this.name = "DecodeError";
    this.reason = reason;
  }
}
