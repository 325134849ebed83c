import type { DatagramSocket } from "../../ffi/datagram_socket.ts";
import { failureOf, isFailure, type SystemFailure } from "../../ffi/failure.ts";
import type { Message } from "../../ffi/message.ts";
import { processId } from "../../ffi/process_id.ts";
import { system } from "../../ffi/system.ts";
import { AgentKey } from "./_agent_key.ts";
import type { BeatSocket } from "./_endpoint.ts";
import {
  type Entropy,
  SealedMessage,
  type Session,
  systemEntropy,
} from "./_sealing.ts";
import { type UdpAddress, UdpEndpoint } from "./udp.ts";

/**
 * The key that beats are sealed with: the key that all agents and the observer
 * share, or the master key of the observer, from which each agent derives a key
 * for its own pid. The agent keeps a copy.
 */
export type SecureUdpKey =
  | {
    /** The 32 bytes of `varta-watch --key-file`. */
    readonly key: Uint8Array;
    readonly masterKey?: undefined;
  }
  | {
    /** The 32 bytes of `varta-watch --master-key-file`. */
    readonly masterKey: Uint8Array;
    readonly key?: undefined;
  };

/** Options for tests. */
export interface SealingOptions {
  readonly entropy?: Entropy;
  /** The first iv_counter of the session of each new socket. */
  readonly firstCounter?: number;
}

/** The UDP port of an observer, for sealed beats. */
export class SecureUdpEndpoint extends UdpEndpoint {
  readonly #key: AgentKey;
  readonly #entropy: Entropy;
  readonly #firstCounter: number;
  #message: SealedMessage | undefined;

  /**
   * @throws {TypeError} If the address has another form or is not numeric, or
   * there is not exactly one key, in a `Uint8Array`.
   * @throws {RangeError} If the port is not an integer from 1 to 65535, or the key
   * does not have 32 bytes.
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

  /** Opens a socket with a session of its own, which replaces the last one. */
  override open(): BeatSocket | SystemFailure {
    const message = this.#message ??= new SealedMessage(
      this.#key,
      this.#entropy,
    );
    let session: Session;
    try {
      session = message.createSession(processId());
    } catch {
      // Deno reports no errno. EIO is one of getentropy(3).
      return failureOf("getentropy", system.errno.EIO);
    }
    const socket = this.connect();
    if (isFailure(socket)) return socket;
    message.begin(session, this.#firstCounter);
    return new SealingSocket(socket, message);
  }

  /** Overwrites the keys. */
  override close(): void {
    this.#key.wipe();
  }
}

/** A socket that seals each beat before it sends it. */
class SealingSocket implements BeatSocket {
  readonly #socket: DatagramSocket;
  readonly #message: SealedMessage;

  constructor(socket: DatagramSocket, message: SealedMessage) {
    this.#socket = socket;
    this.#message = message;
  }

  send(frame: Message): SystemFailure | undefined {
    try {
      this.#message.seal(frame);
    } catch {
      return failureOf("getentropy", system.errno.EIO);
    }
    return this.#socket.send(this.#message);
  }

  close(): void {
    this.#socket.close();
  }
}
