import { isFailure, systemError } from "../../ffi/failure.ts";
import { BoundSocket } from "../../ffi/receiving/bound_socket.ts";
import { createDatagramBuffer } from "../../ffi/receiving/datagram_buffer.ts";
import { inetAddress, type SocketAddress } from "../../ffi/socket_address.ts";
import { inspectProcess } from "../../ffi/process/proc.ts";
import { system } from "../../ffi/system.ts";

/** A socket that receives datagrams at an address. */
export abstract class Receiver implements Disposable {
  readonly #buffer;
  readonly #words: Uint32Array;
  #socket: BoundSocket | undefined;

  /**
   * @param length Bytes of the longest datagram that is expected. A word more is
   * received, to see if one is longer.
   */
  constructor(length: number) {
    this.#buffer = createDatagramBuffer(length + 4);
    const { buffer, byteOffset, byteLength } = this.#buffer.bytes;
    this.#words = new Uint32Array(buffer, byteOffset, byteLength / 4);
  }

  protected abstract get socketAddress(): SocketAddress;

  /** Binds the address. */
  start(): void {
    const socket = new BoundSocket(this.socketAddress);
    const failure = socket.bind();
    if (failure !== undefined) throw systemError(failure, "Cannot bind");
    this.#socket = socket;
  }

  /** Closes the socket. The file of a path stays, as after a crash. */
  stop(): void {
    this.#socket?.close();
    this.#socket = undefined;
  }

  restart(): void {
    this.stop();
    this.start();
  }

  /** The sender of the last datagram, according to the kernel. */
  get senderPid(): number | undefined {
    return this.#buffer.sender?.pid;
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

  [Symbol.dispose](): void {
    this.stop();
  }

  #receive(): number | undefined {
    const length = this.#socket!.receive(this.#buffer);
    if (!isFailure(length)) return length;
    if (length.errno === system.errno.EAGAIN) return undefined;
    throw systemError(length, "Cannot receive");
  }
}

/** Receives at a port that the system chooses. */
class AnyPort extends Receiver {
  get socketAddress(): SocketAddress {
    return inetAddress("127.0.0.1", 0);
  }
}

// Up to Deno 2.7, a library that a test opens is a leak of that test; one that is
// opened while modules load is not.
const receiver = new AnyPort(32);
receiver.start();
receiver.receiveWords();
receiver.stop();
inspectProcess(Deno.pid);
