import { openSocket } from "../datagram_socket.ts";
import { Descriptor } from "../descriptor.ts";
import {
  checkResult,
  failureOf,
  isFailure,
  type SystemFailure,
} from "../failure.ts";
import type { Words } from "../message.ts";
import { familyOf, type SocketAddress } from "../socket_address.ts";
import { system } from "../system.ts";
import {
  createDatagramBuffer,
  type DatagramBuffer,
} from "./datagram_buffer.ts";
import { receivingLibc } from "./receiving_libc.ts";
import { closeAtThreadExit } from "./thread_exit.ts";

const { AF_UNIX, SOL_SOCKET, SO_PASSCRED, fileTakesSocketMode } = system;

// <sys/socket.h>, the same on every system.
const MSG_PEEK = 0x2;
const SHUT_RD = 0;

const on = new Uint32Array([1]);
const off = new Uint32Array([0]);
const unused = new Uint8Array(1);

/** The last datagram that another thread was told to remove. */
let lastRemoval: Promise<void> = Promise.resolve();

/**
 * A non-blocking, close-on-exec datagram socket that is bound to an address.
 *
 * A datagram can carry descriptors. If the receiver does not accept them, the
 * kernel closes them. It does so in the thread that receives the datagram or that
 * closes the socket. The sender decides how long that takes (`SO_LINGER` on a TCP
 * connection), so this socket refuses them (`SO_PASSRIGHTS`). Linux before 6.16
 * cannot refuse them. There this thread looks at each datagram before it removes
 * it, and another thread removes those that carry descriptors, one at a time for
 * all sockets of this isolate.
 *
 * @see {@link https://man7.org/linux/man-pages/man7/unix.7.html unix(7)}
 */
export class BoundSocket extends Descriptor {
  readonly #address: SocketAddress;
  readonly #mode: number | undefined;
  #canCarryDescriptors = false;
  #removal: Promise<void> | undefined;

  /**
   * @param address The address to bind to. A path becomes a file.
   * @param mode The permission bits of the file, less those of the umask. A system
   * that does not take them from the socket chooses its own.
   */
  constructor(address: SocketAddress, mode?: number) {
    super();
    this.#address = address;
    this.#mode = mode;
  }

  /**
   * Creates the socket and binds it. If the system reports the sender of a
   * datagram, it does so from the first one on.
   *
   * @returns The failure, if any. Then it can be called again.
   */
  bind(): SystemFailure | undefined {
    const failure = openSocket(this, this.#address, (fd, address) => {
      const { bind } = receivingLibc();
      const failure = this.#configure(fd) ??
        checkResult("bind", bind(fd, address, address.length));
      // Nothing can have been received, and close() would wait for it.
      if (failure !== undefined) this.#canCarryDescriptors = false;
      return failure;
    }) ?? closeAtThreadExit(this);
    if (failure !== undefined) this.close();
    return failure;
  }

  /**
   * The removal of the last datagram by another thread, which must end before the
   * next one can be received; `undefined` if there is none.
   */
  get removal(): Promise<void> | undefined {
    return this.#removal;
  }

  /**
   * Receives the next datagram, without waiting; what does not fit is lost.
   * Allocates nothing, unless the datagram carries descriptors.
   *
   * @returns The number of bytes received, or the failure.
   */
  receive(into: DatagramBuffer): number | SystemFailure {
    const { syscall } = into;
    if (this.#removal) return failureOf(syscall, system.errno.EAGAIN);
    const flags = this.#canCarryDescriptors ? MSG_PEEK : 0;
    const length = into.receive(this.handle.fd, flags);
    const failure = checkResult(syscall, length);
    if (failure !== undefined) return failure;
    if (this.#canCarryDescriptors) this.#remove(into.hasDescriptors);
    return length;
  }

  /** Makes every later send to this socket fail, if the system can do that. */
  shutdown(): void {
    receivingLibc().shutdown(this.handle.fd, SHUT_RD);
  }

  /**
   * Closes the socket. If a datagram with descriptors is unread, it only shuts the
   * socket down, and closes it when another thread has removed the datagram.
   */
  override close(): void {
    if (this.#canCarryDescriptors && this.fd !== -1) {
      this.shutdown();
      const buffer = createDatagramBuffer(0);
      while (!isFailure(this.receive(buffer)));
      if (this.#removal) return void this.#removal.then(() => this.close());
    }
    super.close();
  }

  #configure(fd: number): SystemFailure | undefined {
    if (familyOf(this.#address) !== AF_UNIX) return undefined;
    const { fchmod, setsockopt } = receivingLibc();
    const set = (option: number, value: Words) =>
      checkResult(
        "setsockopt",
        setsockopt(fd, SOL_SOCKET, option, value, value.byteLength),
      );
    const failure = SO_PASSCRED === 0 ? undefined : set(SO_PASSCRED, on);
    if (failure !== undefined) return failure;
    const { SO_PASSRIGHTS } = system;
    this.#canCarryDescriptors = SO_PASSRIGHTS !== 0 &&
      set(SO_PASSRIGHTS, off) !== undefined;
    if (!fileTakesSocketMode || this.#mode === undefined) return undefined;
    return checkResult("fchmod", fchmod(fd, this.#mode));
  }

  /** Removes the datagram that was looked at. */
  #remove(hasDescriptors: boolean): void {
    const { recv, recvOnThread } = receivingLibc();
    const { fd } = this.handle;
    if (!hasDescriptors) {
      recv(fd, unused, 0n, 0);
      return;
    }
    this.#removal = lastRemoval = lastRemoval
      .then(() => recvOnThread(fd, null, 0n, 0))
      .then(() => {
        this.#removal = undefined;
      });
  }
}
