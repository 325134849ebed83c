import { openFunctions } from "./library.ts";

declare const memory: unique symbol;

/**
 * Memory that a C function is given again and again, by its address: a `send`
 * takes 12 to 70 ns less so than with a view. It is good for as long as the
 * view's buffer is kept.
 */
export interface Memory {
  readonly [memory]: true;
}

/** What can be sent. */
export interface Message {
  readonly memory: Memory;
}

/** Words outside of the heap, as those of every typed array in Deno are. */
export type MemoryView = ReturnType<typeof createView>;

/** The functions that take {@linkcode Memory}, and what makes it for them. */
export interface MemoryFunctions {
  /** The memory of a part of a view, from one index up to another. */
  memoryOf(view: MemoryView, begin: number, end: number): Memory;
  send(sockfd: number, buf: Memory, len: bigint, flags: number): number;
  clock_gettime(clockid: number, tp: Memory): number;
}

/** Opens them. */
export function openMemoryFunctions(): MemoryFunctions {
  const { addressOf, ...functions } = openFunctions(
    "send",
    "clock_gettime",
    "addressOf",
  );
  return {
    ...functions,
    memoryOf: (view: MemoryView, begin: number, end: number) => {
      const part = view.subarray(begin, end);
      return addressOf(part, part, 0n);
    },
  } as unknown as MemoryFunctions;
}

function createView(buffer: ArrayBuffer) {
  return new Uint32Array(buffer);
}
