import { Descriptor } from "./descriptor.ts";
import { checkResult, failureOf, type SystemFailure } from "./failure.ts";
import { type Libc, libc } from "./libc.ts";
import type { Message } from "./message.ts";
import { familyOf, type SocketAddress } from "./socket_address.ts";
import { system } from "./system.ts";

const { SOCK_DGRAM, SOCK_CLOEXEC, MSG_NOSIGNAL } = system;
const { F_SETFD, FD_CLOEXEC, F_SETFL, O_NONBLOCK } = system;
const { EBADF } = system.errno;

/**
 * A datagram socket that sends to one address: non-blocking, close-on-exec, and
 * without a name of its own. It connects at the first send, or by
 * {@linkcode DatagramSocket.connect}.
 *
 * @see {@link https://man7.org/linux/man-pages/man7/unix.7.html unix(7)},
 * {@link https://man7.org/linux/man-pages/man7/udp.7.html udp(7)}
 */
export class DatagramSocket extends Descriptor {
  readonly #address: SocketAddress;
  /** Owns a new descriptor until it is connected, and then the old one. */
  readonly #other = new Descriptor();
  // Set by connect(), so that the constructor needs no permission.
  #libc: Libc | undefined;
  #isClosed = false;

  constructor(address: SocketAddress) {
    super();
    this.#address = address;
  }

  get isConnected(): boolean {
    return this.handle.fd !== -1;
  }

  /** Whether {@linkcode DatagramSocket.close} was called. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /**
   * Connects to the address, with a new descriptor. The old one is closed only
   * after that, so a failure changes nothing. Allocates nothing if it fails.
   */
  connect(): SystemFailure | undefined {
    if (this.#isClosed) return failureOf("connect", EBADF);
    this.#libc = libc();
    const other = this.#other;
    const failure = openSocket(other, this.#address, connect);
    if (failure !== undefined) return failure;
    const { fd } = other.handle;
    other.handle.fd = this.handle.fd;
    this.handle.fd = fd;
    other.close();
  }

  /**
   * Sends a message as one datagram, without waiting and without SIGPIPE.
   * Allocates nothing if it is connected.
   */
  send(message: Message): SystemFailure | undefined {
    if (this.handle.fd === -1) {
      const failure = this.connect();
      if (failure !== undefined) return failure;
    }
    const { send, errno, copyErrno } = this.#libc!;
    const { words, length } = message;
    const sent = send(this.handle.fd, words, length, MSG_NOSIGNAL);
    // As in checkResult(), but without a call.
    if (copyErrno !== undefined) copyErrno();
    const number = errno[0];
    return sent === -1 ? failureOf("send", number) : undefined;
  }

  /** Closes the socket, for good. */
  override close(): void {
    // It is open only if an earlier connect reached the end of the stack.
    this.#other.close();
    super.close();
    this.#isClosed = true;
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
  // It is open only if an earlier call reached the end of the stack.
  socket.close();
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
