import { FRAME_LENGTH, MAGIC } from "./constants.ts";
import type { DecodeErrorReason } from "./decode_error.ts";
import type { Frame } from "./frame.ts";
import { readUint64, Word } from "./layout.ts";
import { protocolOf } from "./protocol.ts";
import { Status } from "./status.ts";
import type { VlpVersion } from "./vlp_version.ts";

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
  if (!protocol.isIntact(words, 0)) return "BadCrc";
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
