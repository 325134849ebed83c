import { system } from "../../../ffi/system.ts";
import { libraryPath } from "../../support/library_path.ts";

// Opened while modules load: what a test opens, Deno up to 2.5 reports as its leak.
const functions = system.hasUnixDatagramSockets
  ? Deno.dlopen(
    libraryPath ?? system.libraryName,
    {
      dup: { parameters: ["i32"], result: "i32" },
      dup2: { parameters: ["i32", "i32"], result: "i32" },
      close: { parameters: ["i32"], result: "i32" },
      open: { parameters: ["buffer", "i32"], result: "i32" },
    } as const,
  ).symbols
  : undefined;

/** The descriptor that the next socket will get. */
export function nextDescriptor(): number {
  const fd = functions!.dup(0);
  functions!.close(fd);
  return fd;
}

/** Puts a file that is no socket in a descriptor's place. */
export function replaceByFile(fd: number): void {
  const { open, dup2, close } = functions!;
  const file = open(new TextEncoder().encode("/dev/null\0"), 0);
  if (dup2(file, fd) !== fd) throw new Error(`Cannot replace ${fd}`);
  close(file);
}
