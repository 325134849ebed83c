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

interface NodeGlobal {
  process: { getBuiltinModule?(name: "node:crypto"): NodeCrypto };
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
  const { process } = globalThis as unknown as NodeGlobal;
  const module = process.getBuiltinModule?.("node:crypto");
  if (module?.getCiphers().includes("chacha20-poly1305")) return module;
  throw new Deno.errors.NotSupported(
    `Cannot seal beats: Deno ${Deno.version.deno} has no ChaCha20-Poly1305: use Deno 2.8 or later`,
  );
}
