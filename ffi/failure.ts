import { readErrno } from "./libc.ts";
import { errnoName } from "./system.ts";

/**
 * A failed system call: its name, and the `errno` that it set.
 *
 * A function of this folder returns its result or a failure, which
 * {@linkcode isFailure} tells apart. The same failure is always the same object,
 * so that failing again and again allocates nothing.
 */
export class SystemFailure {
  readonly syscall: string;
  readonly errno: number;

  constructor(syscall: string, errno: number) {
    this.syscall = syscall;
    this.errno = errno;
    Object.freeze(this);
  }
}

/** Whether a result is a failure. */
export function isFailure(result: unknown): result is SystemFailure {
  return result instanceof SystemFailure;
}

const failures: Record<string, SystemFailure[]> = Object.create(null);

/** Returns the failure of a system call with an `errno`. */
export function failureOf(syscall: string, errno: number): SystemFailure {
  const known = failures[syscall] ??= [];
  return known[errno] ??= new SystemFailure(syscall, errno);
}

/**
 * Checks what a system call returned. It must be the first thing that is called
 * after the system call, since any other call may change `errno`.
 *
 * @returns The failure if the call returned -1, otherwise `undefined`.
 */
export function checkResult(
  syscall: string,
  result: number,
): SystemFailure | undefined {
  // errno is read even after a success: code that V8 sees for the first time
  // after a failure would run V8's own system calls before it reads errno.
  const errno = readErrno();
  return result === -1 ? failureOf(syscall, errno) : undefined;
}

/** An error for a failed system call. */
export interface SystemError extends Error {
  /** The number of the error on this system. */
  readonly errno: number;
  /** The name of the number in `<errno.h>`. */
  readonly code: string;
  /** The name of the system call. */
  readonly syscall: string;
}

/** A class of errors. */
export type ErrorClass = new (message: string) => Error;

/** The classes that Deno itself uses for these numbers. */
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
 * Creates the error for a failed system call.
 *
 * @param Class The class of the error; by default the one in `Deno.errors` that
 * fits its `errno`, or `Error` if none does.
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
