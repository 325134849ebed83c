import type { SystemError } from "../../ffi/failure.ts";
import { inetAddress, type SocketAddress } from "../../ffi/socket_address.ts";
import { decodeFrame, type Frame } from "../../mod.ts";
import { createRandom } from "./random.ts";
import { Receiver } from "./receiver.ts";

const LONGEST = 64; // bytes, of a beat that is sealed with a master key

const random = createRandom(crypto.getRandomValues(new Uint32Array(1))[0]);

/** A socket that receives beats at a UDP port of a loopback address. */
export class UdpObserver extends Receiver {
  readonly hostname: string;
  #port = 0;

  constructor(hostname = "127.0.0.1") {
    super(LONGEST);
    this.hostname = hostname;
    for (;;) {
      // Below the ports that systems assign by themselves.
      this.#port = 10_000 + random() % 20_000;
      try {
        this.start();
        return;
      } catch (error) {
        if ((error as SystemError).code !== "EADDRINUSE") throw error;
      }
    }
  }

  get port(): number {
    return this.#port;
  }

  /** The address, as `Varta.connectUdp` takes it. */
  get address(): string {
    const { hostname, port } = this;
    return hostname.includes(":")
      ? `[${hostname}]:${port}`
      : `${hostname}:${port}`;
  }

  protected override get socketAddress(): SocketAddress {
    return inetAddress(this.hostname, this.port);
  }

  /** Returns the next frame; `undefined` if there is none. */
  receive(): Frame | undefined {
    const bytes = this.receiveBytes();
    return bytes && decodeFrame(bytes, 2);
  }
}

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
