import type { Bytes } from "../ffi/bytes.ts";
import type { SystemError } from "../ffi/system_error.ts";
import type { SystemFailure } from "../ffi/system_failure.ts";

/** What an agent needs of a socket. */
export interface BeatSocket {
  /**
   * Sends `length` bytes as one datagram without waiting; answers with their
   * number, or with the `errno`, negated.
   */
  send(message: Bytes, length: bigint): number;
  /** Gives the descriptor back. */
  close(): void;
}

/** Where an agent's beats go: the source of its first socket and each later one. */
export interface Endpoint {
  /** A new socket, connected and non-blocking; or what failed. */
  open(): BeatSocket | SystemFailure;
  /** The error for what failed: where, why, and what to do. */
  errorFor(failure: SystemFailure): SystemError;
  /** The address, for a person to read. */
  toString(): string;
}

/**
 * The endpoint's first socket.
 *
 * @throws {SystemError} Where it cannot be had.
 */
export function openSocket(endpoint: Endpoint): BeatSocket {
  const socket = endpoint.open();
  if ("errno" in socket) throw endpoint.errorFor(socket);
  return socket;
}
