import { createDatagramBuffer } from "./datagram_buffer.ts";
import { libc } from "../libc.ts";
import { abandoned, closeOnExec, makeNonBlocking } from "../open_socket.ts";
import { receivingLibc } from "./functions.ts";
import { system } from "../system.ts";
import { failureOf, type SystemFailure } from "../failure.ts";

const { AF_UNIX, SOCK_DGRAM, SOCK_CLOEXEC, MSG_NOSIGNAL } = system;

// <poll.h>, the same on every system: two struct pollfd, each of an int and two
// shorts, events and revents.
const POLLIN = 0x1;
const FOREVER = -1; // ms
const Pollfds = { count: 2n, size: 8n, length: 16n } as const;

const oneWord = new Uint32Array(1);

// The other thread writes to them when it wakes, be it after the isolate that
// asked has ended, as a terminated Worker's does: so they are not in its memory.
const abandonedPollfds = new FinalizationRegistry<Deno.PointerObject>(
  (pollfds) => receivingLibc().free(pollfds),
);

/**
 * Waits until a descriptor can be read. Another thread sleeps meanwhile, which
 * costs nothing until it is woken; a pair of sockets is there to wake it early.
 *
 * @see {@link https://man7.org/linux/man-pages/man2/poll.2.html poll(2)}
 */
export class Waiter {
  readonly #ends: readonly [near: number, far: number];
  readonly #pollfds: Deno.PointerObject;
  readonly #received = createDatagramBuffer(4);
  #isWaiting = false;
  #isWoken = false;

  private constructor(pollfds: Deno.PointerObject, near: number, far: number) {
    this.#pollfds = pollfds;
    this.#ends = [near, far];
    abandonedPollfds.register(this, pollfds, this);
    for (const fd of this.#ends) abandoned.register(this, fd, this);
  }

  /** Makes the pair of sockets. */
  static open(): Waiter | SystemFailure {
    const pair = new Int32Array(2);
    const { calloc, free, socketpair } = receivingLibc();
    const pollfds = calloc(Pollfds.count, Pollfds.size);
    if (pollfds === null) return failureOf("calloc", -1)!;
    const opened = socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair);
    const [near, far] = pair;
    const failure = failureOf("socketpair", opened) ?? prepare(near) ??
      prepare(far);
    if (failure === undefined) return new Waiter(pollfds, near, far);
    if (opened !== -1) pair.forEach((fd) => libc().close(fd));
    free(pollfds);
    return failure;
  }

  /**
   * Waits until `fd` can be read, or {@linkcode Waiter.wake} is called; at times
   * for less than that. One wait at a time.
   */
  async wait(fd: number): Promise<void> {
    this.#isWaiting = true;
    const { poll, writeMemory } = receivingLibc();
    const pollfds = new Int32Array([fd, POLLIN, this.#ends[0], POLLIN]);
    writeMemory(this.#pollfds, pollfds, Pollfds.length);
    // Where it fails (EINTR), errno is another thread's; the caller waits again.
    await poll(this.#pollfds, Pollfds.count, FOREVER);
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
    abandonedPollfds.unregister(this);
    receivingLibc().free(this.#pollfds);
    for (const fd of this.#ends) libc().close(fd);
  }
}

function prepare(fd: number): SystemFailure | undefined {
  return closeOnExec(fd) ?? makeNonBlocking(fd);
}
