import { libc } from "../libc.ts";
import { type Functions, openFunctions, openIfGranted } from "../library.ts";

const names = [
  "__cxa_thread_atexit_impl",
  "__fxstat",
  "__lxstat",
  "addressNumberOf",
  "bind",
  "calloc",
  "closeAddress",
  "dup3",
  "fchmod",
  "fchmodat",
  "flock",
  "free",
  "fstat",
  "lstat",
  "memcpy",
  "mkdir",
  "open",
  "poll",
  "recv",
  "recvOnThread",
  "recvmsg",
  "rmdir",
  "setsockopt",
  "shutdown",
  "socketpair",
  "unlink",
  "writeMemory",
] as const;

/** The part of the C library that receiving needs. */
export type ReceivingLibc = Functions<typeof names[number]>;

let opened: ReceivingLibc | undefined = openIfGranted(open);

/**
 * Returns the part of the C library that only receiving needs, so that a program
 * that only sends does not open it.
 *
 * @throws {Deno.errors.NotSupported} If the system has no Unix datagram sockets.
 * @throws {Deno.errors.NotCapable} If FFI permission is missing.
 */
export function receivingLibc(): ReceivingLibc {
  return opened ??= open();
}

function open(): ReceivingLibc {
  // errno is read by it. Opening it after a failed call would change errno.
  libc();
  return openFunctions(...names);
}
