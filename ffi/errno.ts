import { hasBlanketGrant, openFunctions } from "./library.ts";

/** Reads the `errno` of the thread that made it. */
export type ErrnoReader = () => number;

/** Makes the reader of this thread's `errno`, by whichever way the grant allows. */
export function createErrnoReader(): ErrnoReader {
  const location = openFunctions("errnoLocation").errnoLocation()!;
  if (hasBlanketGrant()) {
    // The memory of errno itself: reading it is a load, with no call between
    // that could change it.
    const live = new Int32Array(
      Deno.UnsafePointerView.getArrayBuffer(location, 4),
    );
    return () => live[0];
  }
  // A grant scoped to a path forbids views of foreign memory, but not calls, and
  // memcpy(3) leaves errno alone.
  const { memcpy } = openFunctions("memcpy");
  const copy = new Int32Array(1);
  return () => {
    memcpy(copy, location, 4n);
    return copy[0];
  };
}
