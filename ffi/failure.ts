import { libc } from "./libc.ts";
import { errnoName } from "./system.ts";

/** A system call that failed: its name, and the `errno` that it left. */
export interface SystemFailure {
  readonly syscall: string;
  readonly errno: number;
}

const failures: Record<string, SystemFailure[]> = {};

/**
 * The failure of the call just made, if it answered -1. The same failure is the
 * same object, so that failing again and again costs no memory.
 */
export function failureOf(
  syscall: string,
  result: number,
): SystemFailure | undefined {
  // Read whether it failed or not: were it read on failure alone, the first
  // failure would end in V8's slow path before the read, and V8's own system
  // calls set errno too.
  const errno = libc().errno();
  if (result !== -1) return undefined;
  const known = failures[syscall] ??= [];
  return known[errno] ??= Object.freeze({ syscall, errno });
}

/** Whether there is no result, but the reason why. */
export function isFailure<T extends object>(
  result: T | SystemFailure,
): result is SystemFailure {
  return "errno" in result;
}

/** What an error says of the system call behind it. */
export interface SystemError extends Error {
  /** The number, as this system counts. */
  readonly errno: number;
  /** The name that `<errno.h>` gives the number. */
  readonly code: string;
  /** The name of the system call. */
  readonly syscall: string;
}

/** A class of errors. */
export type ErrorClass = new (message: string) => Error;

/** The classes that Deno itself gives to these numbers. */
const classes: Record<string, ErrorClass> = {
  EACCES: Deno.errors.PermissionDenied,
  EADDRINUSE: Deno.errors.AddrInUse,
  EADDRNOTAVAIL: Deno.errors.AddrNotAvailable,
  EAGAIN: Deno.errors.WouldBlock,
  EBADF: Deno.errors.BadResource,
  EBUSY: Deno.errors.Busy,
  ECONNABORTED: Deno.errors.ConnectionAborted,
  ECONNREFUSED: Deno.errors.ConnectionRefused,
  ECONNRESET: Deno.errors.ConnectionReset,
  EEXIST: Deno.errors.AlreadyExists,
  EINTR: Deno.errors.Interrupted,
  EISDIR: Deno.errors.IsADirectory,
  ELOOP: Deno.errors.FilesystemLoop,
  ENETUNREACH: Deno.errors.NetworkUnreachable,
  ENOENT: Deno.errors.NotFound,
  ENOTCONN: Deno.errors.NotConnected,
  ENOTDIR: Deno.errors.NotADirectory,
  EPERM: Deno.errors.PermissionDenied,
  EPIPE: Deno.errors.BrokenPipe,
  ETIMEDOUT: Deno.errors.TimedOut,
};

/**
 * An error for a failed system call: of the class in `Deno.errors` that fits
 * its `errno`, or a plain `Error` where there is none; or of another class, where
 * more is known than the `errno` says.
 */
export function systemError(
  { syscall, errno }: SystemFailure,
  message: string,
  Class?: ErrorClass,
): SystemError {
  const code = errnoName(errno);
  const error = new (Class ?? classes[code] ?? Error)(message);
  return Object.assign(error, { errno, code, syscall });
}
