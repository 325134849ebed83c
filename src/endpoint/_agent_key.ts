import { describeType } from "./_endpoint.ts";
import { nodeCrypto } from "./_node_crypto.ts";

const KEY_LENGTH = 32;
const NO_SALT = new Uint8Array(0);
const LABEL = "varta-agent-v1\0";

/**
 * The key of an agent: a copy of the shared key, or a key derived for the pid
 * from a copy of the master key.
 */
export class AgentKey {
  /** Whether the observer needs the pid to find the key. */
  readonly isDerived: boolean;
  /** Undefined if the key is shared, or after `wipe()`. */
  #masterKey: Uint8Array | undefined;
  /** Undefined before a key is derived, and after `wipe()`. */
  #key: Uint8Array | undefined;
  /** The process that a derived key is for. */
  #pid = 0;

  /**
   * @throws {TypeError} If there is not exactly one key, in a `Uint8Array`.
   * @throws {RangeError} If the key does not have 32 bytes.
   */
  constructor(
    keys: { readonly key?: Uint8Array; readonly masterKey?: Uint8Array },
  ) {
    const { key, masterKey } = keys ?? {};
    if ((key === undefined) === (masterKey === undefined)) {
      throw new TypeError(
        `Cannot use key: it must be { key } or { masterKey }: received ${
          key === undefined ? "neither" : "both"
        }`,
      );
    }
    this.isDerived = masterKey !== undefined;
    if (masterKey !== undefined) this.#masterKey = copy("masterKey", masterKey);
    if (key !== undefined) this.#key = copy("key", key);
  }

  /**
   * Returns the key for a process. It is valid until the next call.
   *
   * @throws {Error} If the key is wiped.
   */
  of(pid: number): Uint8Array {
    if (this.#masterKey !== undefined && pid !== this.#pid) {
      this.#key?.fill(0);
      this.#key = derive(this.#masterKey, pid);
      this.#pid = pid;
    }
    if (this.#key === undefined) throw new Error("Cannot use a wiped key");
    return this.#key;
  }

  /** Overwrites the keys. They cannot be used after that. */
  wipe(): void {
    this.#masterKey?.fill(0);
    this.#key?.fill(0);
    this.#masterKey = this.#key = undefined;
  }
}

/** Copies a key. No error may show more of it than its type and length. */
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
function derive(masterKey: Uint8Array, pid: number): Uint8Array {
  const info = new Uint8Array(LABEL.length + 4);
  new TextEncoder().encodeInto(LABEL, info);
  new DataView(info.buffer).setUint32(LABEL.length, pid, true);
  return new Uint8Array(
    nodeCrypto().hkdfSync("sha256", masterKey, NO_SALT, info, KEY_LENGTH),
  );
}
