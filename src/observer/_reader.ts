import { isFailure, type SystemFailure } from "../../ffi/failure.ts";
import type { BoundSocket } from "../../ffi/receiving/bound_socket.ts";
import { createDatagramBuffer } from "../../ffi/receiving/datagram_buffer.ts";
import { poller, type Watch } from "../../ffi/receiving/poller.ts";
import { system } from "../../ffi/system.ts";
import { socketError } from "../endpoint/_endpoint.ts";
import { readFrame } from "../frame/decode_frame.ts";
import type { VlpVersion } from "../frame/frame.ts";
import { NonceOrder } from "./_nonce_order.ts";
import type { Observation } from "./observation.ts";

const { EAGAIN, EINTR } = system.errno;

/** The bytes of a datagram that are kept: more than a frame has. */
const MAX_DATAGRAM_LENGTH = 64;

/** How many datagrams are read before the rest of the process has its turn. */
const MAX_BURST = 256;

/** What a reader reads for: a loop. */
export interface ObservationSink {
  /** Whether nothing may be read now, because it has enough. */
  readonly isFull: boolean;
  /** Called with each observation. */
  observe(observation: Observation): void;
  /** Called when nothing more comes. */
  end(): Promise<void>;
  /** Called when nothing more comes because of an error. */
  fail(error: unknown): void;
}

/**
 * Reads the socket of an observer for all of its loops. While no loop runs, or one
 * is full, it does not wait for datagrams, so they stay in the kernel's queue, and
 * agents notice when that is full.
 */
export class Reader {
  readonly #path: string;
  readonly #socket: BoundSocket;
  readonly #version: VlpVersion | undefined;
  readonly #buffer = createDatagramBuffer(MAX_DATAGRAM_LENGTH);
  readonly #order = new NonceOrder();
  readonly #loops = new Set<ObservationSink>();
  /** Exists while a loop runs. */
  #watch: Watch | undefined;
  /** The closing of former watches. */
  #unwatching: Promise<void> | undefined;
  #isClosed = false;

  constructor(
    path: string,
    socket: BoundSocket,
    version: VlpVersion | undefined,
  ) {
    this.#path = path;
    this.#socket = socket;
    this.#version = version;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Starts a loop. */
  add(loop: ObservationSink): void {
    if (this.#isClosed) return void loop.end();
    if (this.#watch === undefined) {
      const watch = poller.watch(this.#socket.fd, () => this.drain());
      if (isFailure(watch)) return loop.fail(this.#errorFor(watch));
      this.#watch = watch;
    }
    this.#loops.add(loop);
    this.update();
  }

  /** Stops a loop; done when no other thread does anything for it. */
  async remove(loop: ObservationSink): Promise<void> {
    this.#loops.delete(loop);
    if (this.#loops.size > 0) this.update();
    else await this.#unwatch();
  }

  /** Waits for datagrams, or not, as the loops now need it. */
  update(): void {
    if (this.#isWanted) this.#watch?.resume();
    else this.#watch?.pause();
  }

  /**
   * Reads the next datagram in the kernel's queue, for all loops and the caller.
   *
   * @returns `null` if there is none, or if a loop is full.
   * @throws {Error} If the system refuses.
   */
  read(): Observation | null {
    return this.#hasRoom ? this.#receive() : null;
  }

  #receive(): Observation | null {
    const length = this.#socket.receive(this.#buffer);
    if (isFailure(length)) {
      if (length.errno === EAGAIN || length.errno === EINTR) return null;
      throw this.#errorFor(length);
    }
    this.#socket.removal?.then(() => this.update());
    const observation = this.#identify(length);
    for (const loop of this.#loops) loop.observe(observation);
    return observation;
  }

  /**
   * Reads the datagrams in the kernel's queue, for all loops.
   *
   * @returns Whether those were all. Otherwise a loop is full, or there are more
   * than a burst.
   */
  drain(): boolean {
    try {
      for (let i = 0; i < MAX_BURST && this.#isWanted; i++) {
        if (this.#receive() === null) return true;
      }
    } catch (error) {
      for (const loop of this.#loops) loop.fail(error);
      this.#loops.clear();
    }
    this.update();
    return false;
  }

  /** Ends all loops and closes the socket. */
  close(): void {
    for (const loop of this.#loops) loop.end();
    this.#loops.clear();
    const unwatching = this.#unwatch();
    if (unwatching === undefined) this.#socket.close();
    else {
      // The other thread uses the descriptor, so its number must not become that of
      // another file yet.
      this.#socket.shutdown();
      unwatching.then(() => this.#socket.close());
    }
    // Last, so that it can be closed again if the end of the stack was reached.
    this.#isClosed = true;
  }

  get #hasRoom(): boolean {
    for (const loop of this.#loops) {
      if (loop.isFull) return false;
    }
    return true;
  }

  /** Whether there is a loop to read for, and the socket can be read. */
  get #isWanted(): boolean {
    return this.#loops.size > 0 && this.#socket.removal === undefined &&
      this.#hasRoom;
  }

  /** Closes the watch; `undefined` if none was open, or being closed. */
  #unwatch(): Promise<void> | undefined {
    if (this.#watch === undefined) return this.#unwatching;
    const both = [this.#unwatching, this.#watch.close()];
    const unwatching = Promise.all(both).then(() => {
      if (this.#unwatching === unwatching) this.#unwatching = undefined;
    });
    this.#watch = undefined;
    this.#unwatching = unwatching;
    return unwatching;
  }

  /** Returns what the datagram in the buffer is. */
  #identify(length: number): Observation {
    const bytes = this.#buffer.bytes.subarray(0, length);
    const { sender } = this.#buffer;
    const origin = sender && { peer: sender };
    const frame = readFrame(bytes, this.#version);
    let reason;
    if (typeof frame === "string") reason = frame;
    else if (sender && (sender.pid === 0 || sender.pid !== frame.pid)) {
      reason = "PidMismatch" as const;
    } else if (!this.#order.accept(frame)) reason = "OutOfOrder" as const;
    else return { kind: "beat", frame, ...origin };
    return { kind: "rejected", reason, bytes: bytes.slice(), ...origin };
  }

  #errorFor(failure: SystemFailure): Error {
    const path = JSON.stringify(this.#path);
    return socketError(failure, "receive what is sent", path, {});
  }
}
