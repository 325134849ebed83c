import { libc } from "../../ffi/libc.ts";
import type { MemoryView, Message } from "../../ffi/memory.ts";

/** A message of all of the words, which it keeps alive. */
export function messageOf(
  words: MemoryView,
): Message & { words: MemoryView } {
  return { memory: libc().memoryOf(words, 0, words.length), words };
}
