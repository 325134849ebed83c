import { FRAME_LENGTH } from "./frame.ts";

/** The number of 32-bit words in a frame. */
export const FRAME_WORDS = FRAME_LENGTH / Uint32Array.BYTES_PER_ELEMENT;

/**
 * The index of each field in a frame, in 32-bit words. The wire is little-endian,
 * like all processors that Deno runs on, so a frame is read and written in words.
 */
export const Word = {
  /** The magic in the low half, then the version, then the status. */
  HEADER: 0,
  PID: 1,
  TIMESTAMP: 2,
  NONCE: 4,
  PAYLOAD: 6,
  /** The checksum of version 2, in place of the high half of the payload. */
  CRC: 7,
} as const;

export const MAX_UINT32 = 0xffff_ffff;
export const MAX_UINT64 = 0xffff_ffff_ffff_ffffn;

const uint64 = new BigUint64Array(1);
const halves = new Uint32Array(uint64.buffer);

/** Writes a 64-bit integer as two words. Allocates nothing. */
export function writeUint64(
  words: Uint32Array,
  index: number,
  value: bigint,
): void {
  uint64[0] = value;
  words[index] = halves[0];
  words[index + 1] = halves[1];
}

/** Reads a 64-bit integer from two words. */
export function readUint64(words: Uint32Array, index: number): bigint {
  halves[0] = words[index];
  halves[1] = words[index + 1];
  return uint64[0];
}
