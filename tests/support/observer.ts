import { createDatagramBuffer } from "../../ffi/receiving/datagram_buffer.ts";
import { ReceivingSocket } from "../../ffi/receiving/bound_socket.ts";
import { system } from "../../ffi/system.ts";
import { unixAddress } from "../../ffi/socket_address.ts";
import { decodeFrame, type Frame, FRAME_LENGTH } from "../../mod.ts";

/** A folder of its own for a test, gone at the end of its block. */
export class TestFolder implements Disposable {
  readonly path = Deno.makeTempDirSync({ prefix: "varta-" });

  file(name: string): string {
    return `${this.path}/${name}`;
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.path, { recursive: true });
  }
}

/**
 * A socket that receives beats, as an observer does: at the given path, or in a
 * folder of its own.
 */
export class TestObserver implements Disposable {
  readonly path: string;
  readonly #folder: TestFolder | undefined;
  // One word more than a frame, so that a longer datagram shows.
  readonly #buffer = createDatagramBuffer(FRAME_LENGTH + 4);
  readonly #words = wordsOf(this.#buffer.bytes);
  #socket: ReceivingSocket | undefined;

  constructor(path?: string) {
    this.#folder = path === undefined ? new TestFolder() : undefined;
    this.path = path ?? this.#folder!.file("observer.sock");
    this.start();
  }

  /** Binds the path, where a former socket's file may be left. */
  start(): void {
    this.removeFile();
    const socket = ReceivingSocket.bind(unixAddress(this.path));
    if (!(socket instanceof ReceivingSocket)) {
      throw new Error(`Cannot bind ${this.path}: errno ${socket.errno}`);
    }
    this.#socket = socket;
  }

  /** Closes the socket; as with a real observer's death, its file stays. */
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

  /** The next datagram, or `undefined` where none is queued. */
  receiveBytes(): Uint8Array | undefined {
    const length = this.#receive();
    return length < 0 ? undefined : this.#buffer.bytes.slice(0, length);
  }

  /** The next datagram's words until the next call, without making garbage. */
  receiveWords(): Uint32Array | undefined {
    return this.#receive() < 0 ? undefined : this.#words;
  }

  #receive(): number {
    const length = this.#socket!.receive(this.#buffer);
    if (length < 0 && length !== -system.errno.EAGAIN) {
      throw new Error(`Cannot receive: errno ${-length}`);
    }
    return length;
  }

  /** The next frame, or `undefined` where none is queued. */
  receive(): Frame | undefined {
    const bytes = this.receiveBytes();
    return bytes && decodeFrame(bytes);
  }

  /** All that is queued. */
  receiveAll(): Frame[] {
    const frames: Frame[] = [];
    for (let frame; (frame = this.receive());) frames.push(frame);
    return frames;
  }

  [Symbol.dispose](): void {
    this.stop();
    this.#folder?.[Symbol.dispose]();
  }
}

function wordsOf({ buffer, byteOffset, byteLength }: Uint8Array): Uint32Array {
  return new Uint32Array(buffer, byteOffset, byteLength / 4);
}

// Up to Deno 2.5 a library that a test opens is a leak of that test; one that is
// opened while modules load is not.
new TestObserver()[Symbol.dispose]();
