import { createDatagramBuffer } from "../../ffi/receiving/datagram_buffer.ts";
import { inetAddress } from "../../ffi/socket_address.ts";
import { ReceivingSocket } from "../../ffi/receiving/bound_socket.ts";
import { system } from "../../ffi/system.ts";
import { decodeFrame, type Frame } from "../../mod.ts";
import { createRandom } from "./random.ts";

// One word more than the longest datagram, so that a longer one shows.
const BUFFER_LENGTH = 68;

const random = createRandom(Deno.pid);

/** A socket that receives beats at a port of a loopback address. */
export class UdpObserver implements Disposable {
  readonly hostname: string;
  readonly port: number;
  readonly #buffer = createDatagramBuffer(BUFFER_LENGTH);
  #socket: ReceivingSocket | undefined;

  constructor(hostname = "127.0.0.1") {
    this.hostname = hostname;
    for (;;) {
      // Below those that systems give out themselves, which may come and go.
      this.port = 10_000 + random() % 20_000;
      const failure = this.#bind();
      if (failure === undefined) return;
      if (failure !== system.errno.EADDRINUSE) throw this.#errorFor(failure);
    }
  }

  /** The address, as `Varta.connectUdp` takes it. */
  get address(): string {
    const { hostname, port } = this;
    return hostname.includes(":")
      ? `[${hostname}]:${port}`
      : `${hostname}:${port}`;
  }

  #bind(): number | undefined {
    const address = inetAddress(this.hostname, this.port);
    const socket = ReceivingSocket.bind(address);
    if (!(socket instanceof ReceivingSocket)) return socket.errno;
    this.#socket = socket;
  }

  #errorFor(errno: number): Error {
    return new Error(`Cannot bind ${this.address}: errno ${errno}`);
  }

  /** Binds the port again. */
  start(): void {
    const failure = this.#bind();
    if (failure !== undefined) throw this.#errorFor(failure);
  }

  /** Closes the port. */
  stop(): void {
    this.#socket?.close();
    this.#socket = undefined;
  }

  /** The next datagram, or `undefined` where none is queued. */
  receiveBytes(): Uint8Array | undefined {
    const length = this.#socket!.receive(this.#buffer);
    if (length >= 0) return this.#buffer.bytes.slice(0, length);
    if (length !== -system.errno.EAGAIN) {
      throw new Error(`Cannot receive: errno ${-length}`);
    }
  }

  /** The next frame, or `undefined` where none is queued. */
  receive(): Frame | undefined {
    const bytes = this.receiveBytes();
    return bytes && decodeFrame(bytes, 2);
  }

  [Symbol.dispose](): void {
    this.stop();
  }
}

// Up to Deno 2.5 a library that a test opens is a leak of that test; one that is
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
