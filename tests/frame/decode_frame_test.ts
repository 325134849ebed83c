import {
  assert,
  assertEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import {
  DecodeError,
  type DecodeErrorReason,
  decodeFrame,
  NONCE_TERMINAL,
  Status,
  type VlpVersion,
} from "../../mod.ts";
import { edit, encode, fromHex, plain, reasonOf } from "../support/frames.ts";

const versions = [1, 2] as const;
const MAX_UINT32 = 2 ** 32 - 1;
const MAX_UINT64 = 2n ** 64n - 1n;

const lastTimestamp = (view: DataView) =>
  view.setBigUint64(8, MAX_UINT64, true);
const lastNonce = (view: DataView) => view.setBigUint64(16, MAX_UINT64, true);

Deno.test("decodeFrame() decodes the example of the protocol", () => {
  const hex =
    "56410200020000000000000000000000010000000000000000000000e4116baa";
  assertEquals(decodeFrame(fromHex(hex)), { ...plain, version: 2 });
});

Deno.test("decodeFrame() reads either version by the byte at offset 2", () => {
  for (const version of versions) {
    const bytes = encode({ version });
    assertEquals(decodeFrame(bytes).version, version);
    assertEquals(decodeFrame(bytes, version).version, version);
    assertEquals(decodeFrame(bytes, undefined).version, version);
  }
});

Deno.test("decodeFrame() throws BadVersion for the version that is not accepted", () => {
  assertEquals(reasonOf(encode({ version: 1 }), 2), "BadVersion");
  assertEquals(reasonOf(encode({ version: 2 }), 1), "BadVersion");
});

Deno.test("decodeFrame() throws if there is no such version", () => {
  for (const version of [0, 3, 1.5, NaN, "1", 1n, true, null, Symbol("1")]) {
    assertThrows(
      () => decodeFrame(encode({ version: 2 }), version as VlpVersion),
      typeof version === "number" ? RangeError : TypeError,
      "version must be 1 or 2",
    );
  }
});

Deno.test("decodeFrame() throws BadLength for every length except 32", () => {
  for (const version of versions) {
    const long = new Uint8Array(80);
    long.set(encode({ version }));
    for (let length = 0; length <= long.length; length++) {
      if (length === 32) continue;
      const bytes = long.subarray(0, length);
      assertEquals(reasonOf(bytes), "BadLength", `${length} bytes`);
      assertEquals(reasonOf(bytes, version), "BadLength");
    }
  }
});

Deno.test("decodeFrame() throws BadMagic unless both bytes are correct", () => {
  for (const [first, second] of [[0x57, 0x41], [0x56, 0], [0x41, 0x56]]) {
    for (const version of versions) {
      const bytes = encode({ version });
      bytes.set([first, second]);
      assertEquals(reasonOf(bytes), "BadMagic");
    }
  }
});

Deno.test("decodeFrame() throws BadVersion for every version except 1 and 2", () => {
  const bytes = encode({ version: 2 });
  for (const version of [0, ...Array.from({ length: 253 }, (_, i) => 3 + i)]) {
    bytes[2] = version;
    assertEquals(reasonOf(bytes), "BadVersion", `version ${version}`);
  }
});

Deno.test("decodeFrame() throws if any bit is flipped in version 2", () => {
  const bytes = encode({ version: 2, pid: 0xdead_beef, timestamp: 1n << 40n });
  for (let bit = 0; bit < 256; bit++) {
    bytes[bit >> 3] ^= 1 << (bit & 7);
    const reason = bit < 16 ? "BadMagic" : bit < 24 ? "BadVersion" : "BadCrc";
    assertEquals(reasonOf(bytes), reason, `bit ${bit}`);
    bytes[bit >> 3] ^= 1 << (bit & 7);
  }
});

Deno.test("decodeFrame() reads the last 4 bytes as payload in version 1", () => {
  const bytes = encode({ version: 1 });
  bytes.fill(0xff, 24);
  assertEquals(decodeFrame(bytes).payload, MAX_UINT64);
});

Deno.test("decodeFrame() reads the last 4 bytes as checksum in version 2", () => {
  const bytes = encode({ version: 2, payload: 2n ** 32n - 1n });
  assertEquals(decodeFrame(bytes).payload, 2n ** 32n - 1n);
});

Deno.test("decodeFrame() reads every status byte as its version says", () => {
  for (let status = 0; status <= 0xff; status++) {
    const change = (view: DataView) => view.setUint8(3, status);
    const old = edit(encode({ version: 1 }), change);
    const bytes = edit(encode({ version: 2 }), change);
    if (status <= 3) assertEquals(decodeFrame(old).status, status as Status);
    else assertEquals(reasonOf(old), "BadStatus");
    if (status < 3) assertEquals(decodeFrame(bytes).status, status as Status);
    else {
      assertEquals(reasonOf(bytes), status > 3 ? "BadStatus" : "StallOnWire");
    }
  }
});

Deno.test("decodeFrame() throws BadPid for 0 and 1 only in version 2", () => {
  for (const pid of [0, 1, 2, 3, MAX_UINT32]) {
    const change = (view: DataView) => view.setUint32(4, pid, true);
    assertEquals(decodeFrame(edit(encode({ version: 1 }), change)).pid, pid);
    const bytes = edit(encode({ version: 2 }), change);
    if (pid < 2) assertEquals(reasonOf(bytes), "BadPid");
    else assertEquals(decodeFrame(bytes).pid, pid);
  }
});

Deno.test("decodeFrame() throws BadTimestamp for 2^64 - 1 only in version 2", () => {
  const last = edit(encode({ version: 1 }), lastTimestamp);
  assertEquals(decodeFrame(last).timestamp, MAX_UINT64);
  assertEquals(
    reasonOf(edit(encode({ version: 2 }), lastTimestamp)),
    "BadTimestamp",
  );
  for (const timestamp of [0n, 2n ** 53n + 1n, MAX_UINT64 - 1n]) {
    assertEquals(
      decodeFrame(encode({ version: 2, timestamp })).timestamp,
      timestamp,
    );
  }
});

Deno.test("decodeFrame() throws BadNonce unless a terminal frame is Critical", () => {
  for (const status of [Status.Ok, Status.Degraded, Status.Critical]) {
    const old = edit(encode({ version: 1, status }), lastNonce);
    assertEquals(decodeFrame(old).nonce, NONCE_TERMINAL);
    const bytes = edit(encode({ version: 2, status }), lastNonce);
    if (status !== Status.Critical) assertEquals(reasonOf(bytes), "BadNonce");
    else assertEquals(decodeFrame(bytes).nonce, NONCE_TERMINAL);
    for (const nonce of [0n, 1n, NONCE_TERMINAL - 1n]) {
      assertEquals(
        decodeFrame(encode({ version: 2, status, nonce })).nonce,
        nonce,
      );
    }
  }
});

Deno.test("decodeFrame() reads bytes at any offset in a larger buffer", () => {
  for (const version of versions) {
    for (const start of [0, 1, 7, 32]) {
      const buffer = new Uint8Array(64).fill(0xff);
      buffer.set(encode({ version, payload: 7n }), start);
      const before = buffer.slice();
      const bytes = buffer.subarray(start, start + 32);
      assertEquals(decodeFrame(bytes).payload, 7n);
      assertEquals(buffer, before, "the bytes have changed");
    }
  }
});

Deno.test("decodeFrame() throws TypeError if bytes are not a Uint8Array", () => {
  for (const bytes of [new Float64Array(32), Array(32).fill(0), null]) {
    assertThrows(
      () => decodeFrame(bytes as unknown as Uint8Array),
      TypeError,
      "bytes must be a Uint8Array",
    );
  }
});

// A record, so that a missing reason is a type error.
const words: Record<DecodeErrorReason, string> = {
  BadLength: "32 bytes",
  BadMagic: "0x56 0x41",
  BadVersion: "version",
  BadCrc: "checksum",
  BadStatus: "status",
  StallOnWire: "Stall",
  BadPid: "pid",
  BadTimestamp: "timestamp",
  BadNonce: "nonce",
};
const reasons = Object.keys(words) as DecodeErrorReason[];

Deno.test("DecodeError is an Error with its own name", () => {
  const error = new DecodeError("BadCrc");
  assert(error instanceof Error);
  assertEquals(error.name, "DecodeError");
  assert(String(error).startsWith("DecodeError: Cannot decode frame: "));
});

Deno.test("DecodeError.reason is the reason given to the constructor", () => {
  for (const reason of reasons) {
    assertEquals(new DecodeError(reason).reason, reason);
  }
});

Deno.test("DecodeError.message explains the reason, and names it", () => {
  for (const reason of reasons) {
    const { message } = new DecodeError(reason);
    assertStringIncludes(message, words[reason]);
    assert(message.endsWith(` (${reason})`), message);
  }
});
