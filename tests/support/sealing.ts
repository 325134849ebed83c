import { decodeFrame, type Frame, type SecureUdpKey } from "../../mod.ts";
import { AgentKey, type NodeCrypto } from "../../src/endpoint/_agent_key.ts";
import { testUnless } from "./test_unless.ts";

/** What the tests use of `node:crypto`, besides what the module uses. */
interface Decipher {
  setAAD(aad: Uint8Array, options: { plaintextLength: number }): void;
  setAuthTag(tag: Uint8Array): void;
  update(bytes: Uint8Array): Uint8Array;
  final(): Uint8Array;
}

type Module = NodeCrypto & {
  createDecipheriv(
    ...args: Parameters<NodeCrypto["createCipheriv"]>
  ): Decipher;
};

const { process } = globalThis as unknown as {
  process: { getBuiltinModule?(name: string): Module };
};
const module = process.getBuiltinModule?.("node:crypto");

/** Whether this release of Deno can seal. */
export const canSeal: boolean =
  module?.getCiphers().includes("chacha20-poly1305") ?? false;

/** `node:crypto`, for tests that watch its arguments. */
export const cryptoModule = module as Module;

/** Declares a test for releases of Deno that can seal. */
export function testSealing(
  name: string,
  fn: () => void | Promise<void>,
): void {
  testUnless(canSeal ? undefined : "this Deno cannot seal", name, fn);
}

/** An opened datagram. */
export interface Opened {
  /** iv_random and iv_counter, in hexadecimal. */
  iv: string;
  counter: number;
  frame: Frame;
}

/** Opens a datagram; throws if it was not sealed with the key. */
export function openSealed(bytes: Uint8Array, key: SecureUdpKey): Opened {
  const aadLength = key.key === undefined ? 4 : 0;
  const aad = bytes.subarray(0, aadLength);
  const iv = bytes.subarray(aadLength, aadLength + 12);
  const pid = aadLength === 4 ? wordOf(aad, 0) : 0;
  const decipher = cryptoModule.createDecipheriv(
    "chacha20-poly1305",
    new AgentKey(key).of(pid),
    iv,
    { authTagLength: 16 },
  );
  decipher.setAAD(aad, { plaintextLength: 32 });
  decipher.setAuthTag(bytes.subarray(aadLength + 44));
  const plaintext = decipher.update(
    bytes.subarray(aadLength + 12, aadLength + 44),
  );
  decipher.final();
  const hex = Array.from(iv, (byte) => byte.toString(16).padStart(2, "0"));
  return {
    iv: hex.join(""),
    counter: wordOf(iv, 8),
    frame: decodeFrame(new Uint8Array(plaintext), 2),
  };
}

function wordOf(bytes: Uint8Array, offset: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(offset, true);
}
