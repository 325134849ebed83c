import type { DatagramSocket } from "../../ffi/datagram_socket.ts";
import { libc } from "../../ffi/libc.ts";
import type { MemoryView } from "../../ffi/memory.ts";
import { system } from "../../ffi/system.ts";
import { isFailure, type SystemFailure } from "../../ffi/failure.ts";
import { AgentKey } from "./_agent_key.ts";
import type { BeatFrame } from "../agent/_frame_writer.ts";
import type { BeatSocket } from "./_endpoint.ts";
import { type Entropy, SealedFrame, type Session } from "./_sealing.ts";
import type { SecureUdpKey } from "./secure_udp_key.ts";
import type { UdpAddress } from "./udp_address.ts";
import { UdpEndpoint } from "./udp.ts";

/** As getentropy(3) says it, the one system call behind all entropy. */
const NO_ENTROPY: SystemFailure = Object.freeze({
  syscall: "getentropy",
  errno: system.errno.EIO,
});

/** What a test may choose. */
export interface SealingOptions {
  readonly entropy?: Entropy;
  /** The iv_counter that the session of each new socket begins with. */
  readonly firstCounter?: number;
}

/** An observer's UDP port, for sealed beats. */
export class SecureUdpEndpoint extends UdpEndpoint {
  readonly #key: AgentKey;
  readonly #entropy: Entropy;
  readonly #firstCounter: number;
  #sealed: SealedFrame | undefined;

  /**
   * @throws {TypeError} Where the address is of another form, or not numeric,
   * or there is not one key in a `Uint8Array`.
   * @throws {RangeError} Where the port is not an integer from 1 to 65535, or
   * the key does not have 32 bytes.
   */
  constructor(
    address: UdpAddress,
    key: SecureUdpKey,
    { entropy = systemEntropy, firstCounter = 0 }: SealingOptions = {},
  ) {
    super(address);
    this.#key = new AgentKey(key);
    this.#entropy = entropy;
    this.#firstCounter = firstCounter;
  }

  /** A socket with a session of its own, which replaces the one before it. */
  override open(): BeatSocket | SystemFailure {
    const sealed = this.#sealed ??= new SealedFrame(this.#key, this.#entropy);
    let session: Session;
    try {
      session = sealed.createSession(libc().processId());
    } catch {
      return NO_ENTROPY;
    }
    const socket = this.connect();
    if (isFailure(socket)) return socket;
    sealed.begin(session, this.#firstCounter);
    return new SealedSocket(socket, sealed);
  }

  /** Wipes the keys. */
  override close(): void {
    this.#key.wipe();
  }
}

/** A socket that seals each beat before it sends it. */
class SealedSocket implements BeatSocket {
  readonly #socket: DatagramSocket;
  readonly #sealed: SealedFrame;

  /**
   * @param socket The socket, which becomes this one's.
   * @param sealed The agent's datagram, whose session has begun.
   */
  constructor(socket: DatagramSocket, sealed: SealedFrame) {
    this.#socket = socket;
    this.#sealed = sealed;
  }

  /** Sends the frame, sealed; answers `-EIO` where it cannot be sealed. */
  send(frame: BeatFrame): number {
    try {
      this.#sealed.seal(frame);
    } catch {
      return -system.errno.EIO;
    }
    return this.#socket.send(this.#sealed, this.#sealed.length);
  }

  close(): void {
    this.#socket.close();
  }
}

function systemEntropy(into: MemoryView): void {
  crypto.getRandomValues(into);
}
