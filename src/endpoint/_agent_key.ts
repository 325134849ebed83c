import { describeType } from "../_invalid_option.ts";

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
   * @throws {RangeError} If the key does not have 32 bytes, or all of them are 0.
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
  if (key.every((byte) => byte === 0)) {
    throw new RangeError(
      `Cannot use ${name}: all its bytes are 0, probably because it was overwritten after an earlier connect: read the key again`,
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

/** An authenticated cipher of `node:crypto`. */
interface AuthenticatedCipher {
  setAAD(aad: Uint8Array, options: { plaintextLength: number }): void;
  update(bytes: Uint8Array): Uint8Array;
  final(): Uint8Array;
  getAuthTag(): Uint8Array;
}

/** The used part of `node:crypto`. Older releases of Deno would download the types. */
export interface NodeCrypto {
  getCiphers(): string[];
  createCipheriv(
    algorithm: "chacha20-poly1305",
    key: Uint8Array,
    iv: Uint8Array,
    options: { authTagLength: number },
  ): AuthenticatedCipher;
  hkdfSync(
    digest: "sha256",
    ikm: Uint8Array,
    salt: Uint8Array,
    info: Uint8Array,
    keylen: number,
  ): ArrayBuffer;
}

/** The used part of Node's `process`. A program may have replaced it. */
interface NodeProcess {
  getBuiltinModule?(name: "node:crypto"): NodeCrypto;
  readonly versions?: { readonly deno?: string };
}

let loaded: NodeCrypto | undefined;

/**
 * Returns `node:crypto`. It is loaded by the first call, because that takes longer
 * than everything else before the first beat, and only sealed beats need it.
 *
 * @throws {Deno.errors.NotSupported} If it has no ChaCha20-Poly1305.
 */
export function nodeCrypto(): NodeCrypto {
  return loaded ??= load();
}

function load(): NodeCrypto {
  const { process } = globalThis as unknown as { process?: NodeProcess };
  // An import of node:process would take 10 ms in every program.
  const module = process?.getBuiltinModule?.("node:crypto");
  if (module?.getCiphers().includes("chacha20-poly1305")) return module;
  throw new Deno.errors.NotSupported(
    process?.versions?.deno === undefined
      ? "Cannot seal beats: this program has replaced globalThis.process, from which node:crypto is loaded: connect before that"
      : `Cannot seal beats: Deno ${Deno.version.deno} has no ChaCha20-Poly1305: use Deno 2.7.10 or later`,
  );
}
