import { type FileStatusReader, openFileStatus } from "./file_status.ts";
import { type Functions, openAtImport, openFunctions } from "../library.ts";
import type { Memory } from "../memory.ts";

/** What receives into {@linkcode Memory}. */
interface MemoryFunctions {
  recv(sockfd: number, buf: Memory, len: bigint, flags: number): number;
  recvmsg(sockfd: number, msg: Memory, flags: number): number;
}

/** What a socket with a name of its own needs of the C library, besides `libc()`. */
export type ReceivingLibc =
  & Functions<
    | "addressNumberOf"
    | "bind"
    | "calloc"
    | "fchmod"
    | "fchmodat"
    | "flock"
    | "free"
    | "open"
    | "poll"
    | "setsockopt"
    | "shutdown"
    | "socketpair"
    | "unlink"
    | "writeMemory"
  >
  & MemoryFunctions
  & { readonly fileStatus: FileStatusReader };

let opened: ReceivingLibc | undefined = openAtImport(open);

/**
 * These functions, apart from those of `libc()`, so that who only sends opens
 * none of them.
 *
 * @throws {Deno.errors.NotSupported} Where the system has no Unix datagram
 * sockets.
 * @throws {Deno.errors.NotCapable} Where FFI permission is missing.
 */
export function receivingLibc(): ReceivingLibc {
  return opened ??= open();
}

function open(): ReceivingLibc {
  return {
    ...openFunctions(
      "addressNumberOf",
      "bind",
      "calloc",
      "fchmod",
      "fchmodat",
      "flock",
      "free",
      "open",
      "poll",
      "recv",
      "recvmsg",
      "setsockopt",
      "shutdown",
      "socketpair",
      "unlink",
      "writeMemory",
    ),
    fileStatus: openFileStatus(),
  } as unknown as ReceivingLibc;
}
