import { assert, assertEquals } from "@std/assert";
import {
  decodeFrame,
  encodeFrame,
  type Frame,
  FRAME_LENGTH,
  type Status,
  type VlpVersion,
} from "../../mod.ts";
import broken from "../golden/broken.json" with { type: "json" };
import version1 from "../golden/version1.json" with { type: "json" };
import version2 from "../golden/version2.json" with { type: "json" };
import { fromHex, reasonOf } from "../support/frames.ts";

interface GoldenFrame {
  frame: Frame;
  bytes: Uint8Array;
  hex: string;
}

function goldenFrames(records: typeof version1): GoldenFrame[] {
  return records.map(({ frame, bytes: hex }) => ({
    frame: {
      version: frame.version as VlpVersion,
      status: frame.status as Status,
      pid: frame.pid,
      timestamp: BigInt(frame.timestamp),
      nonce: BigInt(frame.nonce),
      payload: BigInt(frame.payload),
    },
    bytes: fromHex(hex),
    hex,
  }));
}

const frames = goldenFrames([...version1, ...version2]);

Deno.test("encodeFrame() writes the same bytes as the reference", () => {
  assert(frames.length >= 400);
  for (const { frame, bytes, hex } of frames) {
    // What was there before does not show.
    for (const before of [0x00, 0xff]) {
      const encoded = new Uint8Array(FRAME_LENGTH).fill(before);
      encodeFrame(frame, encoded);
      assertEquals(encoded, bytes, hex);
    }
  }
});

Deno.test("decodeFrame() reads the same fields as the reference", () => {
  for (const { frame, bytes, hex } of frames) {
    assertEquals(decodeFrame(bytes), frame, hex);
    assertEquals(decodeFrame(bytes, frame.version), frame, hex);
  }
});

Deno.test("decodeFrame() rejects frames of the reference of the other version", () => {
  for (const { frame, bytes, hex } of frames) {
    const other = frame.version === 1 ? 2 : 1;
    assertEquals(reasonOf(bytes, other), "BadVersion", hex);
  }
});

Deno.test("decodeFrame() rejects what the reference rejects, for the same reason", () => {
  for (const { version, bytes, reason } of broken) {
    const found = reasonOf(fromHex(bytes), version as VlpVersion);
    assertEquals(found, reason, bytes);
  }
});

Deno.test("The golden data has a frame for every reason of each version", () => {
  const reasons = (version: VlpVersion) =>
    broken.filter((record) => record.version === version)
      .map(({ reason }) => reason);
  const common = ["BadLength", "BadMagic", "BadVersion", "BadStatus"];
  assertEquals(new Set(reasons(1)), new Set(common));
  assertEquals(
    new Set(reasons(2)),
    new Set([
      ...common,
      ...["BadCrc", "StallOnWire", "BadPid", "BadTimestamp", "BadNonce"],
    ]),
  );
});
