import { isFailure, type SystemFailure } from "../../ffi/failure.ts";
import { BoundSocket } from "../../ffi/receiving/bound_socket.ts";
import { createDatagramBuffer } from "../../ffi/receiving/datagram_buffer.ts";
import { inetAddress } from "../../ffi/socket_address.ts";
import { system } from "../../ffi/system.ts";
import { decodeFrame, type Frame } from "../../mod.ts";
import { createRandom } from "./random.ts";

// A word more than the longest datagram, to see if one is longer.
const BUFFER_LENGTH = 68;

const random = createRandom(crypto.getRandomValues(new Uint32Array(1))[0]);

/** A socket that receives beats at a UDP port of a loopback address. */
export class UdpObserver implements Disposable {
  readonly hostname: string;
  readonly port: number;
  readonly #buffer = createDatagramBuffer(BUFFER_LENGTH);
  #socket: BoundSocket | undefined;

  constructor(hostname = "127.0.0.1") {
    this.hostname = hostname;
    for (;;) {
      // Below the ports that systems assign by themselves.
      this.port = 10_000 + random() % 20_000;
      const failure = this.#bind();
      if (failure === undefined) return;
      if (failure.errno !== system.errno.EADDRINUSE) throw this.#error(failure);
    }
  }

  /** The address, as `Varta.connectUdp` takes it. */
  get address(): string {
    const { hostname, port } = this;
    return hostname.includes(":")
      ? `[${hostname}]:${port}`
      : `${hostname}:${port}`;
  }

  /** Binds the port again. */
  start(): void {
    const failure = this.#bind();
    if (failure !== undefined) throw this.#error(failure);
  }

  /** Closes the port. */
  stop(): void {
    this.#socket?.close();
    this.#socket = undefined;
  }

  /** Returns the next datagram; `undefined` if there is none. */
  receiveBytes(): Uint8Array | undefined {
    const length = this.#socket!.receive(this.#buffer);
    if (!isFailure(length)) return this.#buffer.bytes.slice(0, length);
    if (length.errno === system.errno.EAGAIN) return undefined;
    throw this.#error(length);
  }

  /** Returns the next frame; `undefined` if there is none. */
  receive(): Frame | undefined {
    const bytes = this.receiveBytes();
    return bytes && decodeFrame(bytes, 2);
  }

  [Symbol.dispose](): void {
    this.stop();
  }

  #bind(): SystemFailure | undefined {
    const address = inetAddress(this.hostname, this.port);
    const socket = BoundSocket.bind(address);
    if (isFailure(socket)) return socket;
    this.#socket = socket;
  }

  #error({ syscall, errno }: SystemFailure): Error {
    return new Error(`Cannot ${syscall} at ${this.address}: errno ${errno}`);
  }
}

// Up to Deno 2.7, a library that a test opens is a leak of that test; one that is
// opened while modules load is not.
new UdpObserver()[Symbol.dispose]();

/** Whether this machine has an IPv6 loopback address. */
export const hasIpv6: boolean = canBindIpv6();

function canBindIpv6(): boolean {
  try {
    new UdpObserver("::1")[Symbol.dispose]();
    return true;
  } catch {
    return false;
  }
}
