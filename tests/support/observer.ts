import { type SocketAddress, unixAddress } from "../../ffi/socket_address.ts";
import { decodeFrame, type Frame, FRAME_LENGTH } from "../../mod.ts";
import { Receiver } from "./receiver.ts";
import { TestFolder } from "./test_folder.ts";

export { TestFolder };

/**
 * A socket that receives beats like an observer: at the given path, or in a folder
 * of its own.
 */
export class TestObserver extends Receiver {
  readonly path: string;
  readonly #folder: TestFolder | undefined;

  constructor(path?: string) {
    super(FRAME_LENGTH);
    this.#folder = path === undefined ? new TestFolder() : undefined;
    this.path = path ?? this.#folder!.file("observer.sock");
    this.start();
  }

  protected override get socketAddress(): SocketAddress {
    return unixAddress(this.path);
  }

  /** Binds the path again, which may still have the file of the last socket. */
  override start(): void {
    this.removeFile();
    super.start();
  }

  removeFile(): void {
    try {
      Deno.removeSync(this.path, { recursive: true });
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
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

  override [Symbol.dispose](): void {
    super[Symbol.dispose]();
    this.#folder?.[Symbol.dispose]();
  }
}
