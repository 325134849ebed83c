import { libc } from "./libc.ts";
import type { Message } from "./memory.ts";
import { abandoned, openSocket } from "./open_socket.ts";
import type { SocketAddress } from "./socket_address.ts";
import { system } from "./system.ts";
import { failureOf, type SystemFailure } from "./failure.ts";

const { MSG_NOSIGNAL } = system;

/**
 * A non-blocking, close-on-exec datagram socket, of the family of its address,
 * that sends, and owns its descriptor: made whole or not at all, and given back
 * by {@linkcode DatagramSocket.close} or, failing that, when it is collected.
 *
 * @see {@link https://man7.org/linux/man-pages/man7/unix.7.html unix(7)},
 * {@link https://man7.org/linux/man-pages/man7/udp.7.html udp(7)}
 */
export class DatagramSocket {
  #fd: number;

  private constructor(fd: number) {
    this.#fd = fd;
    abandoned.register(this, fd, this);
  }

  /** A socket, with no name of its own, connected to `address`. */
  static connect(address: SocketAddress): DatagramSocket | SystemFailure {
    const fd = openSocket(address, connect);
    return typeof fd === "number" ? new DatagramSocket(fd) : fd;
  }

  /**
   * Sends the first `length` bytes of a message as one datagram, without waiting and
   * without a signal. Allocates nothing.
   *
   * @param length How many bytes; a bigint, which is what the fast path takes.
   * @returns The number of bytes sent, or the `errno`, negated.
   */
  send({ memory }: Message, length: bigint): number {
    const { send, errno } = libc();
    const sent = send(this.#fd, memory, length, MSG_NOSIGNAL);
    // Read whether it failed or not, as by failureOf().
    const number = errno();
    return sent === -1 ? -number : sent;
  }

  /** Gives the descriptor back. Once is enough, and more do no harm. */
  close(): void {
    if (this.#fd === -1) return;
    abandoned.unregister(this);
    libc().close(this.#fd);
    this.#fd = -1;
  }
}

// Not a closure, which every reconnect would allocate.
function connect(
  fd: number,
  address: SocketAddress,
): SystemFailure | undefined {
  return failureOf("connect", libc().connect(fd, address, address.length));
}
