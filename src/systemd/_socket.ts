import { DatagramSocket } from "../../ffi/datagram_socket.ts";
import {
  isFailure,
  type SystemError,
  type SystemFailure,
} from "../../ffi/failure.ts";
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
export class ManagerSocket {
  /** The address, as `NOTIFY_SOCKET` has it. */
  readonly name: string;
  readonly #address: SocketAddress;
  #socket: DatagramSocket | undefined;

  /**
   * @throws {Deno.errors.NotSupported} If the address is of the form `vsock:…`.
   * @throws {TypeError} If it is neither an absolute path nor an abstract name.
   * @throws {RangeError} If it is too long for a socket address.
   */
  constructor(name: string) {
    this.name = name;
    this.#address = parseAddress(name);
  }

  /**
   * Sends a datagram, without waiting. Opens the socket at the first use. If the
   * send fails, opens a new socket and sends once more.
   */
  send(message: Message): SystemFailure | undefined {
    const failure = this.#socket?.send(message);
    if (this.#socket !== undefined && failure === undefined) return undefined;
    const socket = this.open();
    return isFailure(socket) ? failure ?? socket : socket.send(message);
  }

  /** Opens a new socket. The old one is closed only after that. */
  open(): DatagramSocket | SystemFailure {
    const socket = DatagramSocket.connect(this.#address);
    if (isFailure(socket)) return socket;
    this.#socket?.close();
    return this.#socket = socket;
  }

  /** Closes the socket. The next send opens a new one. */
  close(): void {
    this.#socket?.close();
    this.#socket = undefined;
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

let current: ManagerSocket | undefined;

/**
 * Returns the socket that `NOTIFY_SOCKET` names, or `undefined` if it is unset or
 * empty. It is always the same one, unless the variable changes.
 *
 * @throws As {@linkcode readVariable} and the constructor of
 * {@linkcode ManagerSocket} do.
 */
export function managerSocket(): ManagerSocket | undefined {
  const name = readVariable("NOTIFY_SOCKET");
  if (!name) return undefined;
  if (current?.name !== name) current = new ManagerSocket(name);
  return current;
}

export const encoder = new TextEncoder();

/** Creates the datagram of a text, in UTF-8. */
export function createMessage(text: string): Message {
  const bytes = encoder.encode(text);
  const words = new Uint32Array(Math.ceil(bytes.length / 4));
  new Uint8Array(words.buffer).set(bytes);
  return { words, length: BigInt(bytes.length) };
}
