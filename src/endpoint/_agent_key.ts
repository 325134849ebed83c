import { describeType } from "./_endpoint.ts";
import { nodeCrypto } from "./_node_crypto.ts";
import type { SecureUdpKey } from "./secure_udp_key.ts";

const KEY_LENGTH = 32;
const Salt = new Uint8Array(0);
const LABEL = "varta-agent-v1\0";

/**
 * The key of an agent: a copy of the one that is shared, or derived from a copy
 * of the master key for each process anew.
 */
export class AgentKey {
  /** Whether the observer must be told the pid to find the key. */
  readonly isDerived: boolean;
  /** None where the key is shared, or wiped. */
  #master: Uint8Array | undefined;
  /** None where it is wiped, or not derived yet. */
  #key: Uint8Array | undefined;
  /** The process that a derived key is for. */
  #pid = 0;

  /**
   * @throws {TypeError} Where it is not one key, in a `Uint8Array`.
   * @throws {RangeError} Where the key does not have 32 bytes.
   */
  constructor(key: SecureUdpKey) {
    const { key: shared, masterKey } = key ?? {};
    if ((shared === undefined) === (masterKey === undefined)) {
      throw new TypeError(
        `Cannot use key: it must be { key } or { masterKey }: received ${
          shared === undefined ? "neither" : "both"
        }`,
      );
    }
    this.isDerived = masterKey !== undefined;
    if (masterKey !== undefined) this.#master = copy("masterKey", masterKey);
    if (shared !== undefined) this.#key = copy("key", shared);
  }

  /**
   * The key for a process, good until the next call.
   *
   * @throws {Error} Where the key is wiped.
   */
  of(pid: number): Uint8Array {
    if (this.#master !== undefined && pid !== this.#pid) {
      this.#key?.fill(0);
      this.#key = derive(this.#master, pid);
      this.#pid = pid;
    }
    if (this.#key === undefined) throw new Error("Cannot use a wiped key");
    return this.#key;
  }

  /** Overwrites the keys; there is no use in them thereafter. */
  wipe(): void {
    this.#master?.fill(0);
    this.#key?.fill(0);
    this.#master = this.#key = undefined;
  }
}

/** Copies a key, of which no error may say more than its type and length. */
function copy(name: string, key: Uint8Array): Uint8Array {
  if (!(key instanceof Uint8Array)) {
    throw new TypeError(
      `Cannot use ${name}: it must be a Uint8Array of ${KEY_LENGTH} bytes: received ${
        describeType(key)
      }`,
    );
  }
  if (key.length !== KEY_LENGTH) {
    throw new RangeError(
      `Cannot use ${name}: it must have ${KEY_LENGTH} bytes: received ${key.length}`,
    );
  }
  return new Uint8Array(key);
}

/** @see RFC 5869 */
function derive(master: Uint8Array, pid: number): Uint8Array {
  const info = new Uint8Array(LABEL.length + 4);
  new TextEncoder().encodeInto(LABEL, info);
  new DataView(info.buffer).setUint32(LABEL.length, pid, true);
  return new Uint8Array(
    nodeCrypto().hkdfSync("sha256", master, Salt, info, KEY_LENGTH),
  );
}
