import type { SystemFailure } from "../../ffi/failure.ts";
import type { Message } from "../../ffi/message.ts";
import { processId } from "../../ffi/process/process_id.ts";
import { AgentKey, nodeCrypto } from "./_agent_key.ts";
import { SealedMessage, type SealingOptions } from "./_sealing.ts";
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

/** The UDP port of an observer, for sealed beats. Each connect begins a session. */
export class SecureUdpEndpoint extends UdpEndpoint {
  readonly #key: AgentKey;
  readonly #message: SealedMessage;

  /**
   * @throws {TypeError} If the address has another form or is not numeric, or
   * there is not exactly one key, in a `Uint8Array`.
   * @throws {RangeError} If the port is not an integer from 1 to 65535, or the key
   * does not have 32 bytes, or all of them are 0.
   */
  constructor(
    address: UdpAddress,
    key: SecureUdpKey,
    options: SealingOptions = {},
  ) {
    super(address);
    this.#key = new AgentKey(key);
    this.#message = new SealedMessage(this.#key, options);
  }

  /** @throws {Deno.errors.NotSupported} If this Deno has no ChaCha20-Poly1305. */
  override connect(): SystemFailure | undefined {
    nodeCrypto();
    const failure = this.#message.prepare() ?? super.connect();
    if (failure === undefined) this.#message.begin(processId());
    return failure;
  }

  override send(frame: Message): SystemFailure | undefined {
    return this.#message.seal(frame) ?? super.send(this.#message);
  }

  override close(): void {
    this.#key.wipe();
    super.close();
  }
}
