declare const memory: unique symbol;

/**
 * Memory that a C function is given again and again, in the form that costs
 * least: its address, or, where a grant scoped to a path forbids addresses, the
 * view of it. It is good for as long as the view is kept.
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

/** Makes memory of a part of a view, from one index up to another. */
export type MemoryMaker = (
  view: MemoryView,
  begin: number,
  end: number,
) => Memory;

/** The maker of the cheapest form that this isolate's grant allows. */
export function createMemoryMaker(): MemoryMaker {
  try {
    Deno.UnsafePointer.of(createView(new ArrayBuffer(4)));
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return byView;
    throw error;
  }
  return byAddress;
}

/** Whether a maker gives addresses. */
export function givesAddresses(maker: MemoryMaker): boolean {
  return maker === byAddress;
}

const byAddress: MemoryMaker = (view, begin, end) =>
  Deno.UnsafePointer.of(view.subarray(begin, end)) as unknown as Memory;

const byView: MemoryMaker = (view, begin, end) =>
  view.subarray(begin, end) as unknown as Memory;

function createView(buffer: ArrayBuffer) {
  return new Uint32Array(buffer);
}
