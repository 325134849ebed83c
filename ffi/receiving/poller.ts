import { closeOnExec, makeNonBlocking } from "../datagram_socket.ts";
import { Descriptor } from "../descriptor.ts";
import { checkResult, isFailure, type SystemFailure } from "../failure.ts";
import { libc } from "../libc.ts";
import type { Words } from "../message.ts";
import { system } from "../system.ts";
import { receivingLibc } from "./receiving_libc.ts";
import { closeAtThreadExit } from "./thread_exit.ts";

const { AF_UNIX, SOCK_CLOEXEC, MSG_NOSIGNAL } = system;

// <sys/socket.h>, the same on every system.
const SOCK_STREAM = 1;

// <poll.h>, the same on every system.
const POLLIN = 0x1;
const INFINITE = -1;
const FAILURE_DELAY = 10; // ms

interface Entry {
  readonly fd: number;
  readonly onReadable: () => void;
}

/** Controls whether a descriptor is watched. At first it is not. */
export interface Watch {
  /** Calls `onReadable` from now on, whenever the descriptor can be read. */
  resume(): void;
  /** Does not call `onReadable` until the next {@linkcode Watch.resume}. */
  pause(): void;
  /**
   * Stops watching, for good. The promise is fulfilled when no other thread uses
   * the descriptor any more.
   */
  close(): Promise<void>;
}

/**
 * Watches any number of descriptors with one other thread, which sleeps while none
 * of them can be read.
 *
 * @see {@link https://man7.org/linux/man-pages/man2/poll.2.html poll(2)}
 */
export class Poller {
  readonly #active = new Set<Entry>();
  /** The entries of the last call of `poll`, and their memory. */
  #polled: readonly Entry[] = [];
  #list: PollList | undefined;
  #hasChanged = false;
  /** The call of `poll` that another thread is in. */
  #call: Promise<void> | undefined;
  #isRunning = false;
  /** Exists while a watch is open. */
  #interrupter: Interrupter | undefined;
  /** The number of open watches, active or not. */
  #watches = 0;

  /**
   * Opens a watch for a descriptor.
   *
   * @param onReadable Called when the descriptor can be read, or reading it fails.
   * It must not throw.
   */
  watch(fd: number, onReadable: () => void): Watch | SystemFailure {
    if (this.#interrupter === undefined) {
      const interrupter = Interrupter.open();
      if (isFailure(interrupter)) return interrupter;
      this.#interrupter = interrupter;
    }
    this.#watches++;
    const entry = { fd, onReadable };
    return {
      resume: () => this.#add(entry),
      pause: () => this.#delete(entry),
      close: async () => {
        this.#delete(entry);
        this.#watches--;
        this.#interrupt();
        await this.#call;
        this.#closeIfUnused();
      },
    };
  }

  #add(entry: Entry): void {
    if (this.#active.has(entry)) return;
    this.#active.add(entry);
    this.#hasChanged = true;
    if (!this.#isRunning) this.#run();
    else if (!this.#polled.includes(entry)) this.#interrupt();
  }

  #delete(entry: Entry): void {
    if (this.#active.delete(entry)) this.#hasChanged = true;
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    while (this.#active.size > 0) {
      if (this.#hasChanged) this.#updateList();
      const list = this.#list!;
      this.#call = list.poll();
      await this.#call;
      this.#call = undefined;
      if (list.isReady(0)) this.#interrupter!.reset();
      for (const [i, entry] of this.#polled.entries()) {
        if (list.isReady(i + 1) && this.#active.has(entry)) entry.onReadable();
      }
    }
    this.#isRunning = false;
    this.#closeIfUnused();
  }

  #updateList(): void {
    const polled = [...this.#active];
    const fds = polled.map(({ fd }) => fd);
    const list = new PollList([this.#interrupter!.fd, ...fds]);
    this.#list?.free();
    this.#list = list;
    this.#polled = polled;
    this.#hasChanged = false;
  }

  /** Ends the current call of `poll`, if there is one. */
  #interrupt(): void {
    if (this.#call !== undefined) this.#interrupter!.send();
  }

  #closeIfUnused(): void {
    if (this.#watches > 0 || this.#isRunning) return;
    this.#interrupter?.close();
    this.#interrupter = undefined;
    this.#list?.free();
    this.#list = undefined;
  }
}

/** The poller of this isolate. */
export const poller: Poller = new Poller();

/** A list of descriptors, which `poll` takes as an array of `struct pollfd`. */
class PollList {
  readonly #length: bigint;
  // Of each descriptor an int, itself, and two shorts, the events.
  readonly #pollfds: Words;
  readonly #size: bigint;
  // The C library's memory, because the other thread writes to it even after the
  // end of this isolate, if it is that of a terminated Worker.
  readonly #memory: Deno.PointerObject;

  constructor(fds: number[]) {
    const { calloc, writeMemory } = receivingLibc();
    this.#length = BigInt(fds.length);
    this.#pollfds = new Uint32Array(fds.flatMap((fd) => [fd, POLLIN]));
    this.#size = BigInt(this.#pollfds.byteLength);
    const memory = calloc(1n, this.#size);
    if (memory === null) throw new RangeError("Cannot poll: out of memory");
    this.#memory = memory;
    writeMemory(memory, this.#pollfds, this.#size);
  }

  /** Waits in another thread until a descriptor is ready. */
  async poll(): Promise<void> {
    const { memcpy, poll } = receivingLibc();
    // A failure (EINTR) is like no event. Its errno is in the other thread. It may
    // last (EINVAL above the limit of descriptors), so there is a delay.
    const ready = await poll(this.#memory, this.#length, INFINITE);
    if (ready === -1) {
      await new Promise((resolve) => setTimeout(resolve, FAILURE_DELAY));
    }
    memcpy(this.#pollfds, this.#memory, this.#size);
  }

  /** Whether a descriptor could be read at the end of the last call. */
  isReady(index: number): boolean {
    return this.#pollfds[2 * index + 1] >>> 16 !== 0;
  }

  free(): void {
    receivingLibc().free(this.#memory);
  }
}

const byte = new Uint8Array(1);

/** A pair of connected sockets. One of them is polled, so a byte ends the call. */
class Interrupter {
  readonly #receiver = new Descriptor();
  readonly #sender = new Descriptor();
  #isSent = false;

  static open(): Interrupter | SystemFailure {
    const { socketpair } = receivingLibc();
    const interrupter = new Interrupter();
    const { handle: receiver } = interrupter.#receiver;
    const { handle: sender } = interrupter.#sender;
    const pair = new Int32Array([-1, -1]);
    // Of streams: the end of a terminated Worker closes the sender, and then the
    // receiver of a stream can be read, so that the other thread ends too.
    const type = SOCK_STREAM | SOCK_CLOEXEC;
    const result = socketpair(AF_UNIX, type, 0, pair);
    receiver.fd = pair[0];
    sender.fd = pair[1];
    const failure = checkResult("socketpair", result) ??
      configure(interrupter.#receiver) ?? configure(interrupter.#sender);
    if (failure === undefined) return interrupter;
    interrupter.close();
    return failure;
  }

  /** The descriptor to poll. */
  get fd(): number {
    return this.#receiver.fd;
  }

  send(): void {
    if (this.#isSent) return;
    this.#isSent = true;
    libc().send(this.#sender.fd, byte, 1n, MSG_NOSIGNAL);
  }

  reset(): void {
    receivingLibc().recv(this.#receiver.fd, byte, 1n, 0);
    this.#isSent = false;
  }

  close(): void {
    this.#receiver.close();
    this.#sender.close();
  }
}

function configure(descriptor: Descriptor): SystemFailure | undefined {
  return closeOnExec(descriptor.fd) ?? makeNonBlocking(descriptor.fd) ??
    closeAtThreadExit(descriptor);
}
