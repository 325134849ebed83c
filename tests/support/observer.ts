import { isFailure } from "../../ffi/failure.ts";
import { BoundSocket } from "../../ffi/receiving/bound_socket.ts";
import { createDatagramBuffer } from "../../ffi/receiving/datagram_buffer.ts";
import { unixAddress } from "../../ffi/socket_address.ts";
import { system } from "../../ffi/system.ts";
import { decodeFrame, type Frame, FRAME_LENGTH } from "../../mod.ts";
import { TestFolder } from "./test_folder.ts";

export { TestFolder };

/**
 * A socket that receives beats like an observer: at the given path, or in a folder
 * of its own.
 */
export class TestObserver implements Disposable {
  readonly path: string;
  readonly #folder: TestFolder | undefined;
  // A word more than a frame, to see if a datagram is longer.
  readonly #buffer = createDatagramBuffer(FRAME_LENGTH + 4);
  readonly #words: Uint32Array;
  #socket: BoundSocket | undefined;

  constructor(path?: string) {
    const { buffer, byteOffset, byteLength } = this.#buffer.bytes;
    this.#words = new Uint32Array(buffer, byteOffset, byteLength / 4);
    this.#folder = path === undefined ? new TestFolder() : undefined;
    this.path = path ?? this.#folder!.file("observer.sock");
    this.start();
  }

  /** Binds the path again, which may still have the file of the last socket. */
  start(): void {
    this.removeFile();
    const socket = BoundSocket.bind(unixAddress(this.path));
    if (isFailure(socket)) {
      throw new Error(`Cannot bind ${this.path}: errno ${socket.errno}`);
    }
    this.#socket = socket;
  }

  /** Closes the socket. Its file stays, as if an observer had been killed. */
  stop(): void {
    this.#socket?.close();
    this.#socket = undefined;
  }

  restart(): void {
    this.stop();
    this.start();
  }

  removeFile(): void {
    try {
      Deno.removeSync(this.path, { recursive: true });
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }

  /** Returns the next datagram; `undefined` if there is none. */
  receiveBytes(): Uint8Array | undefined {
    const length = this.#receive();
    return length === undefined
      ? undefined
      : this.#buffer.bytes.slice(0, length);
  }

  /** Returns the next datagram, valid until the next call. Allocates nothing. */
  receiveWords(): Uint32Array | undefined {
    return this.#receive() === undefined ? undefined : this.#words;
  }

  /** Returns the next frame; `undefined` if there is none. */
  receive(): Frame | undefined {
    const bytes = this.receiveBytes();
    return bytes && decodeFrame(bytes);
  }

  /** Returns all frames that have come. */
  receiveAll(): Frame[] {
    const frames: Frame[] = [];
    for (let frame; (frame = this.receive());) frames.push(frame);
    return frames;
  }

  [Symbol.dispose](): void {
    this.stop();
    this.#folder?.[Symbol.dispose]();
  }

  #receive(): number | undefined {
    const length = this.#socket!.receive(this.#buffer);
    if (!isFailure(length)) return length;
    if (length.errno === system.errno.EAGAIN) return undefined;
    throw new Error(`Cannot receive: errno ${length.errno}`);
  }
}

// Up to Deno 2.7, a library that a test opens is a leak of that test; one that is
// opened while modules load is not.
new TestObserver()[Symbol.dispose]();
