import { errnoName } from "../ffi/errno_name.ts";
import {
  type ErrorClass,
  type SystemError,
  systemError,
} from "../ffi/system_error.ts";
import type { SystemFailure } from "../ffi/system_failure.ts";

/** Why a system call failed, in words, by its code: each with what to do about it. */
export type Causes = Readonly<Record<string, string>>;

/** The causes that are the same whatever is done with a socket. */
const commonCauses: Causes = {
  ELOOP: "its symbolic links lead in a circle",
  EMFILE:
    "this process has no descriptor left: close some, or raise its limit (ulimit -n)",
  ENFILE: "this system has no descriptor left: close some, or raise its limit",
  ENOTDIR: "a part of the path is not a directory: correct the path",
};

/**
 * The error for what failed at a socket: what could not be done, why, and what to
 * do.
 *
 * @param purpose What could not be done.
 * @param address The address that it could not be done to, as a person reads it.
 * @param Class The error's class, where the `errno` does not tell it.
 */
export function socketError(
  failure: SystemFailure,
  purpose: string,
  address: string,
  causes: Causes,
  Class?: ErrorClass,
): SystemError {
  const code = errnoName(failure.errno);
  const cause = causes[code] ?? commonCauses[code] ??
    `it answered errno ${failure.errno}`;
  return systemError(
    failure,
    `Cannot ${purpose} to ${address}: ${cause} (${code} from ${failure.syscall})`,
    Class,
  );
}
