import { Descriptor } from "./descriptor.ts";
import { checkResult, failureOf, type SystemFailure } from "./failure.ts";
import { libc } from "./libc.ts";
import type { Message } from "./message.ts";
import { familyOf, type SocketAddress } from "./socket_address.ts";
import { system } from "./system.ts";

const { SOCK_DGRAM, SOCK_CLOEXEC, MSG_NOSIGNAL } = system;
const { F_SETFD, FD_CLOEXEC, F_SETFL, O_NONBLOCK } = system;

/** A socket that could not be connected, for the next attempt. */
let unconnected: DatagramSocket | undefined;

/**
 * A non-blocking, close-on-exec datagram socket that is connected to an address
 * and has no name of its own.
 *
 * @see {@link https://man7.org/linux/man-pages/man7/unix.7.html unix(7)},
 * {@link https://man7.org/linux/man-pages/man7/udp.7.html udp(7)}
 */
export class DatagramSocket extends Descriptor {
  readonly #libc = libc();

  /**
   * Creates a socket and connects it to `address`. Trying again after a failure
   * allocates nothing.
   */
  static connect(address: SocketAddress): DatagramSocket | SystemFailure {
    const socket = unconnected ?? new DatagramSocket();
    unconnected = undefined;
    const failure = openSocket(socket, address, connect);
    if (failure === undefined) return socket;
    unconnected = socket;
    return failure;
  }

  /**
   * Sends a message as one datagram, without waiting and without SIGPIPE.
   * Allocates nothing.
   */
  send(message: Message): SystemFailure | undefined {
    const { send, errno, copyErrno } = this.#libc;
    const { words, length } = message;
    const sent = send(this.handle.fd, words, length, MSG_NOSIGNAL);
    // As in checkResult(), but without a call.
    if (copyErrno !== undefined) copyErrno();
    const number = errno[0];
    return sent === -1 ? failureOf("send", number) : undefined;
  }
}

/**
 * Opens a datagram socket of the family of `address`: close-on-exec, attached to
 * the address by `attach`, and then non-blocking.
 *
 * @param socket The owner of the new descriptor; it is closed on failure.
 * @returns The failure, if any.
 */
export function openSocket(
  socket: Descriptor,
  address: SocketAddress,
  attach: (fd: number, address: SocketAddress) => SystemFailure | undefined,
): SystemFailure | undefined {
  const family = familyOf(address);
  const { handle } = socket;
  handle.fd = libc().socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const failure = checkResult("socket", handle.fd) ?? closeOnExec(handle.fd) ??
    attach(handle.fd, address) ?? makeNonBlocking(handle.fd);
  if (failure !== undefined) socket.close();
  return failure;
}

function connect(
  fd: number,
  address: SocketAddress,
): SystemFailure | undefined {
  return checkResult(
    "connect",
    libc().connect(fd, address, address.length),
  );
}

/** Makes a descriptor close-on-exec, if `SOCK_CLOEXEC` has not done so. */
export function closeOnExec(fd: number): SystemFailure | undefined {
  if (SOCK_CLOEXEC !== 0) return undefined;
  return checkResult("fcntl", libc().fcntl(fd, F_SETFD, FD_CLOEXEC));
}

/** Makes the calls on a new socket return instead of waiting or raising SIGPIPE. */
export function makeNonBlocking(fd: number): SystemFailure | undefined {
  // A new socket has no other status flag that this could clear.
  return checkResult("fcntl", libc().fcntl(fd, F_SETFL, O_NONBLOCK)) ??
    checkResult("setsockopt", libc().suppressSigpipe(fd));
}
