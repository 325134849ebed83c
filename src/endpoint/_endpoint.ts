import {
  type ErrorClass,
  type SystemError,
  systemError,
  type SystemFailure,
} from "../../ffi/failure.ts";
import type { Message } from "../../ffi/message.ts";
import { errnoName } from "../../ffi/system.ts";
import type { VlpVersion } from "../frame/frame.ts";

/**
 * The place that the beats of an agent go to: a socket that knows its address.
 * The agent keeps it for its whole life.
 */
export interface Endpoint {
  /** The possible versions of the protocol, the default first. */
  readonly versions: readonly VlpVersion[];
  /** Whether an agent may be created before its observer. */
  readonly canBeLazy: boolean;
  readonly isConnected: boolean;
  readonly isClosed: boolean;
  /** Connects with a new descriptor. A failure changes nothing. */
  connect(): SystemFailure | undefined;
  /** Sends a frame as one datagram, without waiting. Connects first if needed. */
  send(frame: Message): SystemFailure | undefined;
  /** Closes the socket for good, and overwrites the keys, if there are any. */
  close(): void;
  /** Returns the error for a failure: the address, the cause, and what to do. */
  errorFor(failure: SystemFailure): SystemError;
  /** Returns the address as messages show it. */
  toString(): string;
}

/** The cause of a failed system call, and what to do, by the name of its errno. */
export type Causes = Readonly<Record<string, string>>;

/** The causes that are the same for every use of a socket. */
const commonCauses: Causes = {
  EACCES:
    "permission denied: the user needs the right to write to the socket and to search its directories",
  ELOOP: "its symbolic links form a loop: correct the path",
  EMFILE:
    "this process has too many open files: close some, or raise the limit (ulimit -n)",
  ENFILE: "this system has too many open files: close some, or raise the limit",
  ENOTDIR: "a part of the path is not a directory: correct the path",
};

/**
 * Returns the error for a failure at a socket: what could not be done, why, and
 * what to do about it.
 *
 * @param purpose The action that failed, for example `connect`.
 * @param address The address, as messages show it.
 * @param Class The class of the error, if not the usual one of the errno.
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
    `the system call failed with errno ${failure.errno}, see errno(3)`;
  return systemError(
    failure,
    `Cannot ${purpose} to ${address}: ${cause} (${code} from ${failure.syscall})`,
    Class,
  );
}
