import { invalidOption } from "../_invalid_option.ts";
import { crc32c } from "./_crc32c.ts";
import { readUint64, Word } from "./_layout.ts";
import { protocolOf } from "./_protocol.ts";
import { type Frame, FRAME_LENGTH, MAGIC, type VlpVersion } from "./frame.ts";
import { Status } from "./status.ts";

/** The first check of the protocol that the bytes failed. */
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
  BadVersion: "its version is not accepted here",
  BadCrc: "its checksum is wrong, so it was damaged on the way",
  BadStatus: "its status is unknown",
  StallOnWire: "its status is Stall, which only an observer reports",
  BadPid: "its pid is 0 or 1, which no agent has",
  BadTimestamp: "its timestamp is 2^64 - 1, which is invalid",
  BadNonce: "its nonce is the terminal one, but its status is not Critical",
};

/**
 * The error for bytes that are not a frame.
 *
 * @example Read the reason
 * ```ts
 * import { DecodeError, decodeFrame } from "@varta/client";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * const bytes = new Uint8Array(31);
 * const error = assertThrows(() => decodeFrame(bytes), DecodeError);
 * assertEquals(error.reason, "BadLength");
 * ```
 */
export class DecodeError extends Error {
  // A field, because an assignment would throw if Error.prototype is frozen.
  /** The name of the class. */
  override readonly name: string = "DecodeError";
  /** The check that failed. */
  readonly reason: DecodeErrorReason;

  /**
   * Creates the error for a failed check.
   *
   * @param reason The check that failed.
   */
  constructor(reason: DecodeErrorReason) {
    super(`Cannot decode frame: ${causes[reason]} (${reason})`);
    this.reason = reason;
  }
}

/**
 * Decodes a frame.
 *
 * By default both versions of the protocol are accepted. Byte 2 of a frame is its
 * version.
 *
 * @example Decode a datagram
 * ```ts
 * import { decodeFrame, Status } from "@varta/client";
 * import { assertEquals } from "@std/assert";
 *
 * const frame = decodeFrame(new Uint8Array([
 *   ...[0x56, 0x41, 2, Status.Ok, 2, 0, 0, 0],
 *   ...[0, 0, 0, 0, 0, 0, 0, 0],
 *   ...[1, 0, 0, 0, 0, 0, 0, 0],
 *   ...[0, 0, 0, 0, 0xe4, 0x11, 0x6b, 0xaa],
 * ]));
 *
 * assertEquals(frame.pid, 2);
 * assertEquals(frame.nonce, 1n);
 * ```
 *
 * @param bytes The whole datagram.
 * @param version The only version to accept; by default either.
 * @returns The fields of the frame.
 * @throws {DecodeError} If the bytes are not a frame. Its `reason` is the first
 * check that failed.
 * @throws {TypeError} If `bytes` is not a `Uint8Array`, or `version` not a number.
 * @throws {RangeError} If `version` is neither 1 nor 2.
 */
export function decodeFrame(bytes: Uint8Array, version?: VlpVersion): Frame {
  if (version !== undefined && protocolOf(version) === undefined) {
    const expected = "1 or 2";
    throw invalidOption("decode frame", "version", expected, version, "number");
  }
  if (!(bytes instanceof Uint8Array)) {
    throw new TypeError("Cannot decode frame: bytes must be a Uint8Array");
  }
  const frame = readFrame(bytes, version);
  if (typeof frame === "string") throw new DecodeError(frame);
  return frame;
}

const octets = new Uint8Array(FRAME_LENGTH);
const words = new Uint32Array(octets.buffer);

/**
 * Decodes a frame like {@linkcode decodeFrame}, but returns the reason instead of
 * throwing an error, because a sender could cause any number of errors.
 *
 * @returns The fields, or the first check that failed.
 */
export function readFrame(
  bytes: Uint8Array,
  version?: VlpVersion,
): Frame | DecodeErrorReason {
  if (bytes.length !== FRAME_LENGTH) return "BadLength";
  // A copy, because a frame may begin at any offset, and words must be aligned.
  octets.set(bytes);

  if (octets[0] !== MAGIC[0] || octets[1] !== MAGIC[1]) return "BadMagic";
  const protocol = protocolOf(octets[2]);
  if (!protocol || (version !== undefined && protocol.version !== version)) {
    return "BadVersion";
  }
  if (
    protocol.hasChecksum && crc32c(words, Word.CRC) !== (words[Word.CRC] | 0)
  ) return "BadCrc";
  const status = octets[3];
  if (!isStatus(status)) return "BadStatus";

  const frame: Frame = {
    version: protocol.version,
    status,
    pid: words[Word.PID],
    timestamp: readUint64(words, Word.TIMESTAMP),
    nonce: readUint64(words, Word.NONCE),
    payload: readUint64(words, Word.PAYLOAD) & protocol.maxPayload,
  };
  return protocol.findViolation(frame) ?? frame;
}

function isStatus(byte: number): byte is Status {
  return byte <= Status.Stall;
}
