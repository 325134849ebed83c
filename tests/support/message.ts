import { libc } from "../../ffi/libc.ts";
import type { MemoryView, Message } from "../../ffi/memory.ts";

/** A message of all of the words, which the caller keeps. */
export function messageOf(words: MemoryView): Message {
  return { memory: libc().memoryOf(words, 0, words.length) };
}
