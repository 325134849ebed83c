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

/**
 * Words outside of the heap, as those of every typed array in Deno are. The types
 * of Deno 2.0 have no `Uint32Array<ArrayBuffer>` to say it by.
 */
export type MemoryView = ReturnType<Uint32ArrayConstructor["of"]>;
