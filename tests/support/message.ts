import type { Message } from "../../ffi/message.ts";

/** Creates a message of these bytes. */
export function messageOf(bytes: ArrayLike<number>): Message {
  const words = new Uint32Array(Math.ceil(bytes.length / 4));
  new Uint8Array(words.buffer).set(bytes);
  return { words, length: BigInt(bytes.length) };
}
