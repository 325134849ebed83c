import { assertThrows } from "@std/assert";
import {
  DecodeError,
  type DecodeErrorReason,
  decodeFrame,
  encodeFrame,
  type Frame,
  Status,
  type VlpVersion,
} from "../../mod.ts";
import { crc32c } from "../../src/frame/_crc32c.ts";
import { Word } from "../../src/frame/_layout.ts";
import { protocolOf } from "../../src/frame/_protocol.ts";

/** A frame that both versions can encode. */
export const plain: Frame = {
  version: 1,
  status: Status.Ok,
  pid: 2,
  timestamp: 0n,
  nonce: 1n,
  payload: 0n,
};

/** Returns the bytes of the plain frame with other values for these fields. */
export function encode(fields: Partial<Frame>): Uint8Array {
  const bytes = new Uint8Array(32);
  encodeFrame({ ...plain, ...fields }, bytes);
  return bytes;
}

/** Returns changed bytes, with a new checksum if their version has one. */
export function edit(
  bytes: Uint8Array,
  ...changes: ((view: DataView) => void)[]
): Uint8Array {
  const edited = bytes.slice();
  const view = new DataView(edited.buffer);
  for (const change of changes) change(view);
  if (protocolOf(bytes[2])!.hasChecksum) {
    const words = new Uint32Array(edited.buffer);
    words[Word.CRC] = crc32c(words, Word.CRC);
  }
  return edited;
}

/** Asserts that the bytes are rejected, and returns the reason. */
export function reasonOf(
  bytes: Uint8Array,
  version?: VlpVersion,
): DecodeErrorReason {
  return assertThrows(() => decodeFrame(bytes, version), DecodeError).reason;
}

export function fromHex(hex: string): Uint8Array {
  const pairs = hex.match(/../g) ?? [];
  return Uint8Array.from(pairs, (pair) => parseInt(pair, 16));
}

export function toHex(bytes: Uint8Array): string {
  const pairs = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0"));
  return pairs.join("");
}
