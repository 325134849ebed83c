import { DecodeError, type DecodeErrorReason } from "./decode_error.ts";
import type { Frame } from "./frame.ts";
import { matchesChecksum } from "./_crc32c.ts";
import { FRAME_LENGTH, MAGIC, readUint64, Word } from "./_layout.ts";
import { protocolOf } from "./_protocol.ts";
import { Status } from "./status.ts";
import type { VlpVersion } from "./vlp_version.ts";

/**
 * Reads a frame.
 *
 * It is of the version that its own bytes say, unless a version is asked for.
 *
 * @throws {DecodeError} Where the bytes are not a frame; its `reason` is the
 * first check that failed.
 * @throws {TypeError} Where `bytes` is not a `Uint8Array`.
 * @throws {RangeError} Where `version` is given and is neither 1 nor 2.
 *
 * @example
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
 * @param bytes The datagram, whole.
 * @param version The only version to accept; by default either.
 * @returns The fields of the frame.
 */
export function decodeFrame(bytes: Uint8Array, version?: VlpVersion): Frame {
  if (version !== undefined && protocolOf(version) === undefined) {
    throw new RangeError(
      `Cannot decode frame: version must be 1 or 2: received ${
        Deno.inspect(version)
      }`,
    );
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
 * Reads a frame, without an error to be thrown for what is none, which whoever
 * sends it could have made in any number.
 *
 * @param version The only version to accept; by default either.
 * @returns The fields, or the first check that failed.
 */
export function readFrame(
  bytes: Uint8Array,
  version?: VlpVersion,
): Frame | DecodeErrorReason {
  if (bytes.length !== FRAME_LENGTH) return "BadLength";
  // A copy, since the words of a frame need not be aligned where it is.
  octets.set(bytes);

  if (octets[0] !== MAGIC[0] || octets[1] !== MAGIC[1]) return "BadMagic";
  const protocol = protocolOf(octets[2]);
  if (!protocol || (version !== undefined && protocol.version !== version)) {
    return "BadVersion";
  }
  if (protocol.hasChecksum && !matchesChecksum(words, 0)) return "BadCrc";
  const status = octets[3];
  if (!isStatus(status)) return "BadStatus";

  const frame: Frame = {
    version: protocol.version,
    status,
    pid: words[Word.Pid],
    timestamp: readUint64(words, Word.Timestamp),
    nonce: readUint64(words, Word.Nonce),
    payload: readUint64(words, Word.Payload) & protocol.maxPayload,
  };
  return protocol.brokenRule(frame) ?? frame;
}

function isStatus(byte: number): byte is Status {
  return byte <= Status.Stall;
}
