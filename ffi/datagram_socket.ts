import { libc } from "./libc.ts";
import { type Functions, openFunctions } from "./library.ts";
import type { Message } from "./memory.ts";
import { system } from "./system.ts";
import { failureOf, type SystemFailure } from "./system_failure.ts";
import type { SocketAddress } from "./unix_address.ts";

const { AF_UNIX, SOCK_DGRAM, SOCK_CLOEXEC, MSG_NOSIGNAL } = system;
const { F_SETFD, FD_CLOEXEC, F_SETFL, O_NONBLOCK } = system;

// Only an observer needs them.
let receiving: Functions<"bind" | "recv"> | undefined;

function receiver(): Functions<"bind" | "recv"> {
  return receiving ??= openFunctions("bind", "recv");
}

/** How a new socket gets its address: another's, or its own. */
interface Attach {
  readonly syscall: "connect" | "bind";
  call(sockfd: number, addr: SocketAddress, addrlen: number): number;
}

const toPeer: Attach = {
  syscall: "connect",
  call: (...args) => libc().connect(...args),
};

const toName: Attach = {
  syscall: "bind",
  call: (...args) => receiver().bind(...args),
};

// Descriptors of sockets that were dropped without close(). A socket takes its
// own out before it closes it, so that no number is closed that has passed to
// another owner.
const abandoned = new FinalizationRegistry<number>((fd) => libc().close(fd));

/**
 * A non-blocking, close-on-exec Unix datagram socket that owns its descriptor:
 * made whole or not at all, and given back by {@linkcode DatagramSocket.close}
 * or, failing that, when it is collected.
 *
 * @see {@link https://man7.org/linux/man-pages/man7/unix.7.html unix(7)}
 */
export class DatagramSocket {
  #fd: number;

  private constructor(fd: number) {
    this.#fd = fd;
    abandoned.register(this, fd, this);
  }

  /** A socket, with no name of its own, connected to `address`. */
  static connect(address: SocketAddress): DatagramSocket | SystemFailure {
    return DatagramSocket.#create(toPeer, address);
  }

  /** A socket that receives what is sent to `address`, which it creates. */
  static bind(address: SocketAddress): DatagramSocket | SystemFailure {
    receiver(); // may throw, which it must not with a descriptor at hand
    return DatagramSocket.#create(toName, address);
  }

  static #create(
    attach: Attach,
    address: SocketAddress,
  ): DatagramSocket | SystemFailure {
    const fd = libc().socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd === -1) return failureOf("socket");
    const failure = prepare(fd, attach, address);
    if (failure === undefined) return new DatagramSocket(fd);
    libc().close(fd);
    return failure;
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
    // Read whether it failed or not: were it read on failure alone, the first
    // failure would end in V8's slow path before the read, and V8's own system
    // calls set errno too.
    const number = errno();
    return sent === -1 ? -number : sent;
  }

  /**
   * Receives the next datagram, without waiting. What does not fit is lost.
   * Allocates nothing.
   *
   * @param into Where its bytes are written.
   * @param length How many at the most; a bigint, as for sending.
   * @returns The number of bytes written, or the `errno`, negated.
   */
  receive(into: BufferSource, length: bigint): number {
    const received = receiver().recv(this.#fd, into, length, 0);
    return received === -1 ? -libc().errno() : received;
  }

  /** Gives the descriptor back. Once is enough, and more do no harm. */
  close(): void {
    if (this.#fd === -1) return;
    abandoned.unregister(this);
    libc().close(this.#fd);
    this.#fd = -1;
  }
}

function prepare(
  fd: number,
  attach: Attach,
  address: SocketAddress,
): SystemFailure | undefined {
  const { fcntl, forbidSignal } = libc();
  if (SOCK_CLOEXEC === 0 && fcntl(fd, F_SETFD, FD_CLOEXEC) === -1) {
    return failureOf("fcntl");
  }
  if (attach.call(fd, address, address.length) === -1) {
    return failureOf(attach.syscall);
  }
  // A new socket has no other status flag that this could clear.
  if (fcntl(fd, F_SETFL, O_NONBLOCK) === -1) return failureOf("fcntl");
  if (forbidSignal(fd) === -1) return failureOf("setsockopt");
}
