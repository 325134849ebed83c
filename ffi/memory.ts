import { openFunctions } from "./library.ts";

declare const memory: unique symbol;

/**
 * Memory that a C function is given again and again, in the form that costs
 * least: its address, or, where a grant scoped to a path forbids addresses, the
 * view of it. It is good for as long as the view's buffer is kept.
 *
 * With an address, a `send` takes 12 to 70 ns less than with a view.
 */
export interface Memory {
  readonly [memory]: true;
}

/** What can be sent. */
export interface Message {
  readonly memory: Memory;
}

/** A view whose memory lies outside of the heap, so that it never moves. */
export type MemoryView = ReturnType<typeof createView>;

/** The functions that take {@linkcode Memory}, and what makes it for them. */
export interface MemoryFunctions {
  /** Makes memory of a part of a view, from one index up to another. */
  memoryOf(view: MemoryView, begin: number, end: number): Memory;
  send(sockfd: number, buf: Memory, len: bigint, flags: number): number;
  clock_gettime(clockid: number, tp: Memory): number;
}

/** Opens the functions in the cheapest form that this isolate's grant allows. */
export function openMemoryFunctions(): MemoryFunctions {
  const functions = canTakeAddresses() ? openByAddress() : openByView();
  return functions as unknown as MemoryFunctions;
}

function openByAddress() {
  return {
    ...openFunctions("send", "clock_gettime"),
    memoryOf: (view: MemoryView, begin: number, end: number) =>
      Deno.UnsafePointer.of(view.subarray(begin, end)),
  };
}

function openByView() {
  const { sendView, clock_gettimeView } = openFunctions(
    "sendView",
    "clock_gettimeView",
  );
  return {
    send: sendView,
    clock_gettime: clock_gettimeView,
    memoryOf: (view: MemoryView, begin: number, end: number) =>
      view.subarray(begin, end),
  };
}

function canTakeAddresses(): boolean {
  try {
    Deno.UnsafePointer.of(createView(new ArrayBuffer(4)));
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return false;
    throw error;
  }
}

function createView(buffer: ArrayBuffer) {
  return new Uint32Array(buffer);
}
