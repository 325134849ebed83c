import type { SystemError } from "../ffi/system_error.ts";
import type { SystemFailure } from "../ffi/system_failure.ts";
import type { BeatFrame } from "./beat_frame.ts";
import type { VlpVersion } from "./vlp_version.ts";

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

/** Whether there is no socket, but the reason why. */
export function isFailure(
  result: BeatSocket | SystemFailure,
): result is SystemFailure {
  return "errno" in result;
}
