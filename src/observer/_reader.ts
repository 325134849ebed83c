import { isFailure, type SystemFailure } from "../../ffi/failure.ts";
import type { BoundSocket } from "../../ffi/receiving/bound_socket.ts";
import { createDatagramBuffer } from "../../ffi/receiving/datagram_buffer.ts";
import { poller, type Watch } from "../../ffi/receiving/poller.ts";
import { system } from "../../ffi/system.ts";
import { socketError } from "../endpoint/_endpoint.ts";
import { readFrame } from "../frame/decode_frame.ts";
import type { VlpVersion } from "../frame/frame.ts";
import type { NonceOrder } from "./_nonce_order.ts";
import type { Observation } from "./observation.ts";

const { EAGAIN, EINTR, ENOBUFS, ENOMEM } = system.errno;

/** The bytes of a datagram that are kept: more than a frame has. */
const MAX_DATAGRAM_LENGTH = 64;

/** How much is read before the rest of the process has its turn. */
const MAX_BURST = 256; // datagrams
const MAX_BURST_TIME = 10; // ms

/** Delay before it reads again if the system was out of memory, in ms. */
const SHORTAGE_DELAY = 10;

/** What a reader reads for: a loop. */
export interface ObservationSink {
  /** Whether it waits for observations, or only gets what is read for others. */
  readonly isStarted: boolean;
  /** Whether nothing may be read now, because it has enough. */
  readonly isFull: boolean;
  /** Called with each observation. */
  observe(observation: Observation): void;
  /** Called when nothing more comes. It removes itself, as `fail` does. */
  end(): Promise<void>;
  /** Called when nothing more comes because of an error. */
  fail(error: unknown): void;
}

/**
 * Reads the socket of an observer for all of its loops. While none has started, or
 * one is full, it does not wait for datagrams, so they stay in the kernel's queue,
 * and agents notice when that is full.
 */
export class Reader {
  readonly #path: string;
  readonly #socket: BoundSocket;
  readonly #version: VlpVersion | undefined;
  readonly #buffer = createDatagramBuffer(MAX_DATAGRAM_LENGTH);
  readonly #order: NonceOrder;
  readonly #loops = new Set<ObservationSink>();
  /** Exists from the start of a loop until the last one that has started ends. */
  #watch: Watch | undefined;
  /** Set while the system is out of memory. */
  #retry: ReturnType<typeof setTimeout> | undefined;
  /** The closing of former watches. */
  #unwatching: Promise<void> | undefined;
  isClosed = false;
  /** The number of datagrams that were read. */
  count = 0;

  constructor(
    path: string,
    socket: BoundSocket,
    version: VlpVersion | undefined,
    order: NonceOrder,
  ) {
    this.#path = path;
    this.#socket = socket;
    this.#version = version;
    this.#order = order;
  }

  /** Adds a loop. It gets what is read from now on. */
  add(loop: ObservationSink): void {
    if (this.isClosed) loop.end();
    else this.#loops.add(loop);
  }

  /** Reads for a loop that starts. */
  start(loop: ObservationSink): void {
    if (!this.#loops.has(loop)) return;
    if (this.#watch === undefined) {
      const watch = poller.watch(this.#socket.fd, () => this.drain());
      if (isFailure(watch)) return loop.fail(this.#errorFor(watch));
      this.#watch = watch;
    }
    this.update();
  }

  /** Removes a loop; done when no other thread does anything for it. */
  async remove(loop: ObservationSink): Promise<void> {
    this.#loops.delete(loop);
    const isNeeded = [...this.#loops].some(({ isStarted }) => isStarted);
    if (isNeeded) this.update();
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
    const observation = this.#hasRoom ? this.#receive() : null;
    if (isFailure(observation)) throw this.#errorFor(observation);
    return observation;
  }

  #receive(): Observation | SystemFailure | null {
    const length = this.#socket.receive(this.#buffer);
    if (isFailure(length)) {
      return length.errno === EAGAIN || length.errno === EINTR ? null : length;
    }
    this.count++;
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
    const end = performance.now() + MAX_BURST_TIME;
    for (let i = 0; i < MAX_BURST && this.#isWanted; i++) {
      if (performance.now() > end) break;
      const observation = this.#receive();
      if (observation === null) return true;
      if (isFailure(observation)) this.#handle(observation);
    }
    this.update();
    return false;
  }

  /** Tries again later, or ends all loops. */
  #handle(failure: SystemFailure): void {
    if (failure.errno !== ENOMEM && failure.errno !== ENOBUFS) {
      for (const loop of this.#loops) loop.fail(this.#errorFor(failure));
      return;
    }
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      this.update();
    }, SHORTAGE_DELAY);
  }

  /** Ends all loops and closes the socket. */
  close(): void {
    for (const loop of this.#loops) loop.end();
    const unwatching = this.#unwatch();
    if (unwatching === undefined) this.#socket.close();
    else {
      // The other thread uses the descriptor, so its number must not become that of
      // another file yet.
      this.#socket.shutdown();
      unwatching.then(() => this.#socket.close());
    }
    // Last, so that it can be closed again if the end of the stack was reached.
    this.isClosed = true;
  }

  get #hasRoom(): boolean {
    for (const loop of this.#loops) {
      if (loop.isFull) return false;
    }
    return true;
  }

  /** Whether there is a loop to read for, and the socket can be read. */
  get #isWanted(): boolean {
    return this.#watch !== undefined && this.#retry === undefined &&
      this.#socket.removal === undefined && this.#hasRoom;
  }

  /** Closes the watch; `undefined` if none was open, or being closed. */
  #unwatch(): Promise<void> | undefined {
    // Only then: Deno loads clearTimeout at its first use, which takes much stack.
    if (this.#retry !== undefined) clearTimeout(this.#retry);
    this.#retry = undefined;
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
