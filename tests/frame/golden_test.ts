import { assert, assertEquals, assertGreaterOrEqual } from "@std/assert";
import {
  decodeFrame,
  encodeFrame,
  type Frame,
  FRAME_LENGTH,
  NONCE_TERMINAL,
  Status,
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

const golden = { 1: goldenFrames(version1), 2: goldenFrames(version2) };
const frames = [...golden[1], ...golden[2]];

Deno.test("encodeFrame() writes the same bytes as the reference", () => {
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

Deno.test("The golden data has many frames of each kind", () => {
  assertGreaterOrEqual(golden[1].length, 200);
  assertGreaterOrEqual(golden[2].length, 200);
  assertGreaterOrEqual(broken.length, 50);
});

/** Asserts that a record of the version has all of these fields. */
function assertHas(version: VlpVersion, fields: Partial<Frame>): void {
  const entries = Object.entries(fields) as [keyof Frame, unknown][];
  const found = golden[version].some(({ frame }) =>
    frame.version === version &&
    entries.every(([field, value]) => frame[field] === value)
  );
  assert(found, `version ${version} lacks ${Deno.inspect(fields)}`);
}

Deno.test("The golden data has every boundary of both versions", () => {
  const nonces = [1n, 2n ** 32n, NONCE_TERMINAL - 1n];
  const timestamps = [0n, 2n ** 32n, 2n ** 53n + 1n, 2n ** 64n - 2n];
  for (const version of [1, 2] as const) {
    for (const status of [Status.Ok, Status.Degraded, Status.Critical]) {
      assertHas(version, { status });
    }
    for (const pid of [2, 2 ** 32 - 1]) assertHas(version, { pid });
    for (const timestamp of timestamps) assertHas(version, { timestamp });
    for (const nonce of nonces) assertHas(version, { nonce });
    assertHas(version, { nonce: NONCE_TERMINAL, status: Status.Critical });
    assertHas(version, { payload: 0n });
  }
  assertHas(1, { payload: 2n ** 64n - 1n });
  assertHas(2, { payload: 2n ** 32n - 1n });
});

Deno.test("The golden data has what only version 1 allows", () => {
  assertHas(1, { status: Status.Stall });
  for (const pid of [0, 1]) assertHas(1, { pid });
  assertHas(1, { timestamp: 2n ** 64n - 1n });
  for (const status of [Status.Ok, Status.Degraded, Status.Stall]) {
    assertHas(1, { nonce: NONCE_TERMINAL, status });
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
