import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { decodeFrame, encodeFrame, type Frame, Status } from "../../mod.ts";
import { plain, toHex } from "../support/frames.ts";

const versions = [1, 2] as const;
const MaxUint32 = 2 ** 32 - 1;
const MaxUint64 = 2n ** 64n - 1n;

/** Every byte of it says which field it is of, and where in the field. */
const telling: Frame = {
  version: 1,
  status: Status.Degraded,
  pid: 0x14131211,
  timestamp: 0x28272625_24232221n,
  nonce: 0x38373635_34333231n,
  payload: 0x48474645_44434241n,
};

function hexOf(frame: Frame): string {
  const into = new Uint8Array(32).fill(0xff);
  encodeFrame(frame, into);
  return toHex(into);
}

/** Fails unless the frame, or the space for it, is refused untouched. */
function assertRefused(
  frame: unknown,
  message: string,
  into: Uint8Array = new Uint8Array(40).fill(0x55),
) {
  const before = into.slice();
  assertThrows(
    () => encodeFrame(frame as Frame, into),
    RangeError,
    message,
  );
  assertEquals(into, before, `written: ${Deno.inspect(frame)}`);
}

Deno.test("encodeFrame() writes the frame that the protocol gives in full", () => {
  assertEquals(
    hexOf({ ...plain, version: 2 }),
    "56410200020000000000000000000000010000000000000000000000e4116baa",
  );
});

Deno.test("encodeFrame() writes each field of version 1 in its place, little-endian", () => {
  assertEquals(
    hexOf(telling),
    "56410101" + "11121314" + "2122232425262728" + "3132333435363738" +
      "4142434445464748",
  );
});

Deno.test("encodeFrame() writes each field of version 2 in its place, little-endian", () => {
  assertEquals(
    hexOf({ ...telling, version: 2, payload: 0x44434241n }),
    "56410201" + "11121314" + "2122232425262728" + "3132333435363738" +
      "41424344" + "730c1849",
  );
});

type Field = keyof Frame;
type Cases = [field: Field, fits: unknown[], misfits: unknown[]][];

const pids = [2, 3, 2 ** 31 - 1, 2 ** 31, MaxUint32 - 1, MaxUint32];
const wide = [0n, 1n, 2n ** 32n, 2n ** 53n + 1n, 2n ** 63n, MaxUint64 - 1n];

const cases: Record<1 | 2, Cases> = {
  1: [
    ["status", [0, 1, 2, 3], [-1, 4, 255, 256]],
    ["pid", [0, 1, ...pids], [-1, MaxUint32 + 1]],
    ["timestamp", [...wide, MaxUint64], [-1n, MaxUint64 + 1n]],
    ["nonce", [...wide, MaxUint64], [-1n, MaxUint64 + 1n]],
    ["payload", [...wide, MaxUint64], [-1n, MaxUint64 + 1n]],
  ],
  2: [
    ["status", [0, 1, 2], [-1, 3, 4, 255, 256]],
    ["pid", pids, [-1, 0, 1, MaxUint32 + 1]],
    ["timestamp", wide, [-1n, MaxUint64, MaxUint64 + 1n]],
    ["nonce", wide, [-1n, MaxUint64, MaxUint64 + 1n]],
    [
      "payload",
      [0n, 1n, 2n ** 31n, 2n ** 32n - 1n],
      [-1n, 2n ** 32n, MaxUint64, MaxUint64 + 1n],
    ],
  ],
};

Deno.test("encodeFrame() writes every field to its boundaries", () => {
  for (const version of versions) {
    for (const [field, fits] of cases[version]) {
      for (const value of fits) {
        const frame = { ...plain, version, [field]: value };
        const into = new Uint8Array(32);
        encodeFrame(frame, into);
        assertEquals(decodeFrame(into), frame);
      }
    }
  }
});

Deno.test("encodeFrame() throws, and writes nothing, beyond the boundaries of a field", () => {
  for (const version of versions) {
    for (const [field, , misfits] of cases[version]) {
      for (const value of misfits) {
        assertRefused({ ...plain, version, [field]: value }, `${field} must`);
      }
    }
  }
});

Deno.test("encodeFrame() throws, and writes nothing, on a field of another type", () => {
  const strangers = [undefined, null, true, "1", "", [1], {}, Symbol()];
  const notNumbers = [...strangers, 2n, 1.5, NaN, Infinity, -Infinity];
  const notBigints = [...strangers, 1, 1.5, NaN];
  for (const version of versions) {
    for (const field of ["status", "pid"]) {
      for (const value of notNumbers) {
        assertRefused({ ...plain, version, [field]: value }, `${field} must`);
      }
    }
    for (const field of ["timestamp", "nonce", "payload"]) {
      for (const value of notBigints) {
        assertRefused({ ...plain, version, [field]: value }, `${field} must`);
      }
    }
  }
});

Deno.test("encodeFrame() throws, and writes nothing, on a version that is not 1 or 2", () => {
  for (const version of [0, 3, -1, 1.5, 257, NaN, 1n, "1", null, undefined]) {
    assertRefused({ ...plain, version }, "version must be 1 or 2");
  }
});

Deno.test("encodeFrame() says the value that it received", () => {
  assertRefused({ ...plain, pid: -7 }, "pid must be an integer");
  const error = assertThrows(
    () => encodeFrame({ ...plain, payload: -7n }, new Uint8Array(32)),
    RangeError,
  );
  assertStringIncludes(error.message, "received -7n");
});

Deno.test("encodeFrame() lets NONCE_TERMINAL be of any status in version 1, Critical in 2", () => {
  const nonce = MaxUint64;
  for (const status of Object.values(Status)) {
    const frame = { ...plain, status, nonce };
    assertEquals(hexOf(frame).slice(32, 48), "ffffffffffffffff");
    if (status === Status.Critical) hexOf({ ...frame, version: 2 });
    else assertRefused({ ...frame, version: 2 }, "must be");
  }
});

Deno.test("encodeFrame() throws, and writes nothing, where there is no room", () => {
  for (const version of versions) {
    for (const length of [0, 1, 31]) {
      const buffer = new Uint8Array(64).fill(0x55);
      const into = buffer.subarray(16, 16 + length);
      assertRefused({ ...plain, version }, `room for ${length}`, into);
      assertEquals(buffer, new Uint8Array(64).fill(0x55));
    }
  }
});

Deno.test("encodeFrame() writes 32 bytes and leaves those around them", () => {
  for (const version of versions) {
    const frame = { ...plain, version };
    for (const [start, end] of [[0, 32], [0, 33], [3, 35], [5, 64]]) {
      const buffer = new Uint8Array(64).fill(0x55);
      encodeFrame(frame, buffer.subarray(start, end));
      assertEquals(decodeFrame(buffer.subarray(start, start + 32)), frame);
      const around = [
        ...buffer.subarray(0, start),
        ...buffer.slice(start + 32),
      ];
      assertEquals(around, Array(32).fill(0x55));
    }
  }
});

Deno.test("encodeFrame() reads a frozen frame, and returns nothing", () => {
  const into = new Uint8Array(32);
  assertEquals(encodeFrame(Object.freeze({ ...plain }), into), undefined);
});

Deno.test("encodeFrame() throws RangeError for a field that cannot be shown as a string", () => {
  for (const value of [Object.create(null), Symbol("1"), () => {}]) {
    assertThrows(
      () => encodeFrame({ ...plain, payload: value }, new Uint8Array(32)),
      RangeError,
      "payload must be a bigint",
    );
  }
});

Deno.test("encodeFrame() reads each field once, so that what it checks is what it writes", () => {
  const reads: string[] = [];
  const frame = new Proxy({ ...plain }, {
    get(target, field) {
      reads.push(String(field));
      return Reflect.get(target, field);
    },
  });
  encodeFrame(frame, new Uint8Array(32));
  assertEquals(reads.length, new Set(reads).size);
});

Deno.test("encodeFrame() throws TypeError where into is not a Uint8Array", () => {
  for (const into of [new Float64Array(32), Array(32).fill(0), null]) {
    assertThrows(
      () => encodeFrame(plain, into as unknown as Uint8Array),
      TypeError,
      "into must be a Uint8Array",
    );
  }
});
