import type { DatagramBuffer } from "./datagram_buffer.ts";
import { libc } from "../libc.ts";
import { abandoned, openSocket } from "../open_socket.ts";
import { receivingLibc } from "./functions.ts";
import { familyOf, type SocketAddress } from "../socket_address.ts";
import { system } from "../system.ts";
import { failureOf, type SystemFailure } from "../failure.ts";

const { AF_UNIX, SOL_SOCKET, SO_PASSCRED, fileTakesSocketMode } = system;

// <sys/socket.h>, the same on every system.
const SHUT_RD = 0;

const on = new Int32Array([1]);

/**
 * A non-blocking, close-on-exec datagram socket that receives what is sent to its
 * name, and owns its descriptor: made whole or not at all, and given back by
 * {@linkcode ReceivingSocket.close} or, failing that, when it is collected.
 *
 * @see {@link https://man7.org/linux/man-pages/man7/unix.7.html unix(7)}
 */
export class ReceivingSocket {
  #fd: number;

  private constructor(fd: number) {
    this.#fd = fd;
    abandoned.register(this, fd, this);
  }

  /**
   * A socket that receives what is sent to `address`, where one of a path makes a
   * file. No datagram comes to that without its sender's credentials, where the
   * system has them.
   *
   * @param mode The permission bits of the file, less those of the umask; where
   * the system does not take them from the socket, the file gets its own.
   */
  static bind(
    address: SocketAddress,
    mode?: number,
  ): ReceivingSocket | SystemFailure {
    // May throw, which it must not with a descriptor at hand.
    const { bind } = receivingLibc();
    const fd = openSocket(
      address,
      (fd) =>
        attestSenders(fd, address) ?? setMode(fd, mode) ??
          failureOf("bind", bind(fd, address, address.length)),
    );
    return typeof fd === "number" ? new ReceivingSocket(fd) : fd;
  }

  /** The descriptor, to wait for; -1 where the socket is closed. */
  get fd(): number {
    return this.#fd;
  }

  /**
   * Receives the next datagram, without waiting. What does not fit is lost.
   * Allocates nothing.
   *
   * @returns The number of bytes that it has, or the `errno`, negated.
   */
  receive(into: DatagramBuffer): number {
    const received = into.receive(this.#fd);
    // Read whether it failed or not, as for sending.
    const number = libc().errno();
    return received === -1 ? -number : received;
  }

  /**
   * Makes every later send to this socket fail, where the system can, as long as
   * the descriptor cannot be given back.
   */
  refuse(): void {
    receivingLibc().shutdown(this.#fd, SHUT_RD);
  }

  /** Gives the descriptor back. Once is enough, and more do no harm. */
  close(): void {
    if (this.#fd === -1) return;
    abandoned.unregister(this);
    libc().close(this.#fd);
    this.#fd = -1;
  }
}

function attestSenders(
  fd: number,
  address: SocketAddress,
): SystemFailure | undefined {
  if (familyOf(address) !== AF_UNIX || SO_PASSCRED === 0) return undefined;
  const { setsockopt } = receivingLibc();
  return failureOf(
    "setsockopt",
    setsockopt(fd, SOL_SOCKET, SO_PASSCRED, on, on.byteLength),
  );
}

function setMode(fd: number, mode?: number): SystemFailure | undefined {
  if (!fileTakesSocketMode || mode === undefined) return undefined;
  return failureOf("fchmod", receivingLibc().fchmod(fd, mode));
}
