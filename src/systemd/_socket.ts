import { DatagramSocket } from "../../ffi/datagram_socket.ts";
import type { SystemError, SystemFailure } from "../../ffi/failure.ts";
import type { Message } from "../../ffi/message.ts";
import {
  abstractAddress,
  type SocketAddress,
  unixAddress,
} from "../../ffi/socket_address.ts";
import { type Causes, socketError } from "../endpoint/_endpoint.ts";

const VARIABLES = ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"] as const;

/**
 * Reads a variable that systemd sets for a service.
 *
 * @throws {Deno.errors.NotCapable} If env permission is missing.
 */
export function readVariable(
  name: typeof VARIABLES[number],
): string | undefined {
  try {
    return Deno.env.get(name);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotCapable)) throw error;
    throw new Deno.errors.NotCapable(
      `Cannot read ${name} without env permission: run again with --allow-env=${VARIABLES}`,
    );
  }
}

const causes: Causes = {
  EAGAIN: "its queue is full: the service manager is too slow, or hangs",
  ECONNREFUSED: "nothing receives there: the service manager is gone",
  ENOENT: "there is no such file: the service manager is gone",
  ENOTCONN: "the service manager is gone",
  EPROTOTYPE: "the socket there is not a datagram socket",
};

/** The socket of the service manager. */
export class ManagerSocket extends DatagramSocket {
  /** The address, as `NOTIFY_SOCKET` has it. */
  readonly name: string;

  /**
   * @throws {Deno.errors.NotSupported} If the address is of the form `vsock:…`.
   * @throws {TypeError} If it is neither an absolute path nor an abstract name.
   * @throws {RangeError} If it is too long for a socket address.
   */
  constructor(name: string) {
    super(parseAddress(name));
    this.name = name;
  }

  /** Sends a datagram. If that fails, connects again and sends once more. */
  override send(message: Message): SystemFailure | undefined {
    const failure = super.send(message);
    if (failure === undefined || this.connect() !== undefined) return failure;
    return super.send(message);
  }

  /** Returns the error for a failure: the address, the cause, and what to do. */
  errorFor(failure: SystemFailure): SystemError {
    return socketError(failure, "send", JSON.stringify(this.name), causes);
  }
}

function parseAddress(name: string): SocketAddress {
  if (name.startsWith("/")) return unixAddress(name);
  if (/^@./.test(name)) return abstractAddress(name.slice(1));
  const cannotSend = `Cannot send to NOTIFY_SOCKET ${JSON.stringify(name)}`;
  if (name.startsWith("vsock")) {
    throw new Deno.errors.NotSupported(
      `${cannotSend}: vsock is not supported, only a path or an abstract name`,
    );
  }
  throw new TypeError(
    `${cannotSend}: it must be an absolute path, or "@" and an abstract name`,
  );
}

/**
 * Returns a socket of the service manager that `NOTIFY_SOCKET` names, or
 * `undefined` if it is unset or empty.
 *
 * @param present The socket so far, which is returned if it has that name.
 * @throws As {@linkcode readVariable} and the constructor of
 * {@linkcode ManagerSocket} do.
 */
export function managerSocket(
  present?: ManagerSocket,
): ManagerSocket | undefined {
  const name = readVariable("NOTIFY_SOCKET");
  if (!name) return undefined;
  return present?.name === name ? present : new ManagerSocket(name);
}

export const encoder = new TextEncoder();

/** Creates the datagram of a text, in UTF-8. */
export function createMessage(text: string): Message {
  const bytes = encoder.encode(text);
  const words = new Uint32Array(Math.ceil(bytes.length / 4));
  new Uint8Array(words.buffer).set(bytes);
  return { words, length: BigInt(bytes.length) };
}
