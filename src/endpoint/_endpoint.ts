import { errnoName } from "../../ffi/system.ts";
import {
  type ErrorClass,
  type SystemError,
  systemError,
  type SystemFailure,
} from "../../ffi/failure.ts";
import type { BeatFrame } from "../agent/_frame_writer.ts";
import type { VlpVersion } from "../frame/vlp_version.ts";

/** What an agent needs of a socket. */
export interface BeatSocket {
  /**
   * Sends `length` bytes of the frame, all of it, as one datagram without
   * waiting; answers with their number, or with the `errno`, negated.
   */
  send(frame: BeatFrame, length: bigint): number;
  /** Gives the descriptor back. */
  close(): void;
}

/** Where an agent's beats go: the source of its first socket and each later one. */
export interface Endpoint {
  /** The versions of the protocol that are spoken there, the default first. */
  readonly versions: readonly VlpVersion[];
  /** A new socket, connected and non-blocking; or what failed. */
  open(): BeatSocket | SystemFailure;
  /** The error for what failed: where, why, and what to do. */
  errorFor(failure: SystemFailure): SystemError;
  /** Forgets what must not outlive the agent. No socket is opened behind it. */
  close(): void;
  /** The address, for a person to read. */
  toString(): string;
}

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

/** What a value is, without what it holds: for what must not be shown. */
export function describeType(value: unknown): string {
  return value === null ? "null" : typeof value;
}
