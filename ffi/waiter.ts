import { createDatagramBuffer } from "./datagram_buffer.ts";
import { libc } from "./libc.ts";
import { abandoned, closeOnExec, makeNonBlocking } from "./open_socket.ts";
import { receivingLibc } from "./receiving_libc.ts";
import { system } from "./system.ts";
import { failureOf, type SystemFailure } from "./system_failure.ts";

const { AF_UNIX, SOCK_DGRAM, SOCK_CLOEXEC, MSG_NOSIGNAL } = system;

// <poll.h>, the same on every system.
const POLLIN = 0x1;
const FOREVER = -1; // ms

const oneWord = new Uint32Array(1);

/**
 * Waits until a descriptor can be read. Another thread sleeps meanwhile, which
 * costs nothing until it is woken; a pair of sockets is there to wake it early.
 *
 * @see {@link https://man7.org/linux/man-pages/man2/poll.2.html poll(2)}
 */
export class Waiter {
  readonly #ends: readonly [near: number, far: number];
  // Two struct pollfd, each of an int and two shorts, events and revents. A
  // field, since the other thread writes to it when it wakes.
  readonly #pollfds = new Int32Array([-1, POLLIN, -1, POLLIN]);
  readonly #received = createDatagramBuffer(4);
  #isWaiting = false;
  #isWoken = false;

  private constructor(near: number, far: number) {
    this.#ends = [near, far];
    this.#pollfds[2] = near;
    for (const fd of this.#ends) abandoned.register(this, fd, this);
  }

  /** Makes the pair of sockets. */
  static open(): Waiter | SystemFailure {
    const pair = new Int32Array(2);
    const { socketpair } = receivingLibc();
    if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair) === -1) {
      return failureOf("socketpair");
    }
    const [near, far] = pair;
    const failure = prepare(near) ?? prepare(far);
    if (failure === undefined) return new Waiter(near, far);
    libc().close(near);
    libc().close(far);
    return failure;
  }

  /**
   * Waits until `fd` can be read, or {@linkcode Waiter.wake} is called; at times
   * for less than that. One wait at a time.
   */
  async wait(fd: number): Promise<void> {
    this.#isWaiting = true;
    this.#pollfds[0] = fd;
    // Where it fails (EINTR), errno is another thread's; the caller waits again.
    await receivingLibc().poll(this.#pollfds, 2n, FOREVER);
    this.#isWaiting = false;
    if (this.#isWoken) {
      this.#received.receive(this.#ends[0]);
      this.#isWoken = false;
    }
  }

  /** Ends the wait that is under way, if one is. */
  wake(): void {
    if (!this.#isWaiting || this.#isWoken) return;
    this.#isWoken = true;
    const { memoryOf, send } = libc();
    send(this.#ends[1], memoryOf(oneWord, 0, 1), 1n, MSG_NOSIGNAL);
  }

  /** Gives the pair back, which nothing may be waiting on. Once is enough. */
  close(): void {
    if (!abandoned.unregister(this)) return;
    for (const fd of this.#ends) libc().close(fd);
  }
}

function prepare(fd: number): SystemFailure | undefined {
  return closeOnExec(fd) ?? makeNonBlocking(fd);
}
