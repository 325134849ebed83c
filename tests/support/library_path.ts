import { system } from "../../ffi/system.ts";

/** Where the C library lies on this machine, if at a path that is known. */
export const libraryPath: string | undefined = system
  .libraryPaths[Deno.build.arch].find(canOpen);

// Not by its state: QEMU looks that up beside the root that it was given.
function canOpen(path: string): boolean {
  try {
    Deno.openSync(path).close();
    return true;
  } catch {
    return false;
  }
}
