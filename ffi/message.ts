/**
 * Integers of 32 bits in memory that C may use. The types of Deno 2.0 have no
 * `Uint32Array<ArrayBuffer>` to say so.
 */
export type Words = ReturnType<Uint32ArrayConstructor["of"]>;

/** A datagram to send: its bytes, and how many they are. */
export interface Message {
  readonly words: Words;
  /** The number of bytes; a bigint, because a number for a `size_t` is slow. */
  readonly length: bigint;
}
