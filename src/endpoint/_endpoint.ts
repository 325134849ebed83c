import {
  type ErrorClass,
  isFailure,
  type SystemError,
  systemError,
  type SystemFailure,
} from "../../ffi/failure.ts";
import type { Message } from "../../ffi/message.ts";
import { errnoName } from "../../ffi/system.ts";
import type { VlpVersion } from "../frame/frame.ts";

/** A socket that an agent sends its beats through. */
export interface BeatSocket {
  /** Sends a frame as one datagram, without waiting. */
  send(frame: Message): SystemFailure | undefined;
  /** Closes the socket. */
  close(): void;
}

/** The place that the beats of an agent go to. It opens each of its sockets. */
export interface Endpoint {
  /** The possible versions of the protocol, the default first. */
  readonly versions: readonly VlpVersion[];
  /** Opens a socket that is connected and non-blocking. */
  open(): BeatSocket | SystemFailure;
  /** Returns the error for a failure: the address, the cause, and what to do. */
  errorFor(failure: SystemFailure): SystemError;
  /** Overwrites the keys, if there are any. No socket is opened after that. */
  close(): void;
  /** Returns the address as messages show it. */
  toString(): string;
}

/** The socket of a lazy agent. Each `send` tries to connect it until one succeeds. */
export class LazySocket implements BeatSocket {
  readonly #endpoint: Endpoint;
  #socket: BeatSocket | undefined;

  constructor(endpoint: Endpoint) {
    this.#endpoint = endpoint;
  }

  /** Whether a socket is one that still waits for its observer. */
  static isWaiting(socket: BeatSocket): boolean {
    return socket instanceof LazySocket && socket.#socket === undefined;
  }

  send(frame: Message): SystemFailure | undefined {
    const socket = this.#socket ?? this.#endpoint.open();
    if (isFailure(socket)) return socket;
    this.#socket = socket;
    return socket.send(frame);
  }

  close(): void {
    this.#socket?.close();
  }
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

/** Returns the type of a value, for messages that must not show the value. */
export function describeType(value: unknown): string {
  return value === null ? "null" : typeof value;
}
