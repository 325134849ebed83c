import { system } from "../../ffi/system.ts";

/** The path of the C library on this machine, if it is one of the known paths. */
export const libraryPath: string | undefined = system.libraryPaths.find(
  canOpen,
);

// Not stat: QEMU looks that up in another root folder than open.
function canOpen(path: string): boolean {
  try {
    Deno.openSync(path).close();
    return true;
  } catch {
    return false;
  }
}
