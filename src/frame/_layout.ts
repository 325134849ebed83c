/**
 * The length of a frame, in bytes.
 *
 * @example
 * ```ts
 * import { FRAME_LENGTH } from "@varta/client";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(new Uint8Array(FRAME_LENGTH).byteLength, 32);
 * ```
 */
export const FRAME_LENGTH = 32;

/**
 * The first two bytes of every frame: `VA` in ASCII.
 *
 * @example
 * ```ts
 * import { MAGIC } from "@varta/client";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(String.fromCharCode(...MAGIC), "VA");
 * ```
 */
export const MAGIC: readonly [0x56, 0x41] = Object.freeze([0x56, 0x41]);

/**
 * The nonce of the last frame of an agent that is dying, 2^64 − 1. No ordinary
 * beat carries it.
 *
 * @example
 * ```ts
 * import { NONCE_TERMINAL } from "@varta/client";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(NONCE_TERMINAL, 2n ** 64n - 1n);
 * ```
 */
export const NONCE_TERMINAL: bigint = 0xffff_ffff_ffff_ffffn;

/** The number of 32-bit words in a frame. */
export const FRAME_WORDS = FRAME_LENGTH / Uint32Array.BYTES_PER_ELEMENT;

/**
 * Where each field of a frame begins, in 32-bit words. The wire is
 * little-endian, and so is every machine that Deno runs on: a frame is written
 * and read as the words that it is.
 */
export const Word = {
  /** The magic in the low half, then the version, then the status. */
  Head: 0,
  Pid: 1,
  Timestamp: 2,
  Nonce: 4,
  Payload: 6,
  /** Version 2's checksum, where version 1 has the payload's high half. */
  Crc: 7,
} as const;

export const MaxUint32 = 0xffff_ffff;
export const MaxUint64 = 0xffff_ffff_ffff_ffffn;

const uint64 = new BigUint64Array(1);
const halves = new Uint32Array(uint64.buffer);

/** Writes a 64-bit integer as two words, without making another bigint. */
export function writeUint64(
  words: Uint32Array,
  index: number,
  value: bigint,
): void {
  uint64[0] = value;
  words[index] = halves[0];
  words[index + 1] = halves[1];
}

/** Reads a 64-bit integer out of two words. */
export function readUint64(words: Uint32Array, index: number): bigint {
  halves[0] = words[index];
  halves[1] = words[index + 1];
  return uint64[0];
}
