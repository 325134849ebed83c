import { createDatagramBuffer } from "../../ffi/receiving/datagram_buffer.ts";
import type { ReceivingSocket } from "../../ffi/receiving/bound_socket.ts";
import { system } from "../../ffi/system.ts";
import { systemError } from "../../ffi/failure.ts";
import type { Waiter } from "../../ffi/receiving/poller.ts";
import type { VlpVersion } from "../frame/vlp_version.ts";
import type { Observation } from "./observation.ts";
import { MAX_DATAGRAM_LENGTH, observe } from "./observe.ts";

const { EAGAIN, EINTR } = system.errno;

/** What hears each observation, as it is read off the socket. */
export interface Listener {
  /** Whether nothing may be read now, since this has more than enough to give on. */
  readonly isFull: boolean;
  hear(observation: Observation): void;
  /** Called once nothing more will come, with the reason if it is an error. */
  end(error?: unknown): void;
}

/** How much is read before everything else in the process has its turn. */
const MAX_BURST = 256;

/**
 * Reads the socket for all that listen. It waits for more only while somebody
 * listens and nobody is full, so that what comes meanwhile stays in the kernel's
 * queue, and agents see it fill.
 */
export class Reader {
  readonly #path: string;
  readonly #socket: ReceivingSocket;
  readonly #waiter: Waiter;
  readonly #version: VlpVersion | undefined;
  readonly #buffer = createDatagramBuffer(MAX_DATAGRAM_LENGTH);
  readonly #listeners = new Set<Listener>();
  #isRunning = false;
  #isClosed = false;
  /** The wait under way. */
  #wait: Promise<void> | undefined;

  constructor(
    path: string,
    socket: ReceivingSocket,
    waiter: Waiter,
    version: VlpVersion | undefined,
  ) {
    this.#path = path;
    this.#socket = socket;
    this.#waiter = waiter;
    this.#version = version;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Lets `listener` hear all that is read from now on. */
  add(listener: Listener): void {
    if (this.#isClosed) return listener.end();
    this.#listeners.add(listener);
    this.resume();
  }

  /** Forgets a listener; done once nothing runs on its behalf. */
  async remove(listener: Listener): Promise<void> {
    this.#listeners.delete(listener);
    if (this.#listeners.size > 0) return this.resume();
    this.#waiter.wake();
    await this.#wait;
  }

  /** Goes on reading, where it had stopped for want of room. */
  resume(): void {
    if (this.#isRunning || !this.#isWanted) return;
    this.#isRunning = true;
    this.#run();
  }

  /**
   * The next datagram in the kernel's queue, which all listeners hear as well;
   * `null` where there is none, or one of them has no room for it.
   *
   * @throws {Error} Where the system refuses.
   */
  read(): Observation | null {
    if (!this.#hasRoom) return null;
    const length = this.#socket.receive(this.#buffer);
    if (length < 0) {
      if (-length === EAGAIN || -length === EINTR) return null;
      throw systemError(
        { syscall: this.#buffer.syscall, errno: -length },
        `Cannot receive at ${
          JSON.stringify(this.#path)
        }: it answered errno ${-length}`,
      );
    }
    const observation = observe(this.#buffer, length, this.#version);
    for (const listener of this.#listeners) listener.hear(observation);
    return observation;
  }

  /**
   * Reads what is in the kernel's queue, for those who listen; answers whether
   * that was all of it, which it is not where one of them has no room, or where
   * there is more than a burst.
   */
  drain(): boolean {
    try {
      for (let i = 0; i < MAX_BURST && this.#isWanted; i++) {
        if (this.read() === null) return this.#hasRoom;
      }
    } catch (error) {
      this.#end(error);
    }
    return false;
  }

  /** Ends all listeners, and gives the descriptors back. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#end();
    if (this.#wait === undefined) return this.#release();
    // The other thread has the descriptors: their numbers must not pass to
    // another owner before it is done.
    this.#socket.refuse();
    this.#waiter.wake();
  }

  get #hasRoom(): boolean {
    for (const listener of this.#listeners) {
      if (listener.isFull) return false;
    }
    return true;
  }

  /** Whether there is somebody to read for. */
  get #isWanted(): boolean {
    return !this.#isClosed && this.#listeners.size > 0 && this.#hasRoom;
  }

  async #run(): Promise<void> {
    while (this.#isWanted) {
      this.#wait = this.#waiter.wait(this.#socket.fd);
      await this.#wait;
      this.#wait = undefined;
      this.drain();
    }
    this.#isRunning = false;
    if (this.#isClosed) this.#release();
  }

  #end(error?: unknown): void {
    const listeners = [...this.#listeners];
    this.#listeners.clear();
    for (const listener of listeners) listener.end(error);
  }

  #release(): void {
    this.#socket.close();
    this.#waiter.close();
  }
}
