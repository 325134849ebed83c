import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { decodeFrame, encodeFrame, type Frame, Status } from "../../mod.ts";
import { plain, toHex } from "../support/frames.ts";

const versions = [1, 2] as const;
const MAX_UINT32 = 2 ** 32 - 1;
const MAX_UINT64 = 2n ** 64n - 1n;

/** Each byte tells its field, and its place in the field. */
const distinct: Frame = {
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

/** Asserts that encoding throws and writes nothing. */
function assertRefused(
  frame: unknown,
  message: string,
  into: Uint8Array = new Uint8Array(40).fill(0x55),
  Class: typeof RangeError | typeof TypeError = RangeError,
) {
  const before = into.slice();
  assertThrows(() => encodeFrame(frame as Frame, into), Class, message);
  assertEquals(into, before, `written: ${Deno.inspect(frame)}`);
}

function assertTypeError(version: 1 | 2, field: string, values: unknown[]) {
  for (const value of values) {
    const frame = { ...plain, version, [field]: value };
    assertRefused(frame, `${field} must be`, undefined, TypeError);
  }
}

Deno.test("encodeFrame() encodes the example of the protocol", () => {
  assertEquals(
    hexOf({ ...plain, version: 2 }),
    "56410200020000000000000000000000010000000000000000000000e4116baa",
  );
});

Deno.test("encodeFrame() writes each field of version 1 at its place", () => {
  assertEquals(
    hexOf(distinct),
    "56410101" + "11121314" + "2122232425262728" + "3132333435363738" +
      "4142434445464748",
  );
});

Deno.test("encodeFrame() writes each field of version 2 at its place", () => {
  assertEquals(
    hexOf({ ...distinct, version: 2, payload: 0x44434241n }),
    "56410201" + "11121314" + "2122232425262728" + "3132333435363738" +
      "41424344" + "730c1849",
  );
});

type Field = keyof Frame;
type Cases = [field: Field, fits: unknown[], misfits: unknown[]][];

const pids = [2, 3, 2 ** 31 - 1, 2 ** 31, MAX_UINT32 - 1, MAX_UINT32];
const wide = [0n, 1n, 2n ** 32n, 2n ** 53n + 1n, 2n ** 63n, MAX_UINT64 - 1n];

const cases: Record<1 | 2, Cases> = {
  1: [
    ["status", [0, 1, 2, 3], [-1, 4, 255, 256]],
    ["pid", [0, 1, ...pids], [-1, MAX_UINT32 + 1]],
    ["timestamp", [...wide, MAX_UINT64], [-1n, MAX_UINT64 + 1n]],
    ["nonce", [...wide, MAX_UINT64], [-1n, MAX_UINT64 + 1n]],
    ["payload", [...wide, MAX_UINT64], [-1n, MAX_UINT64 + 1n]],
  ],
  2: [
    ["status", [0, 1, 2], [-1, 3, 4, 255, 256]],
    ["pid", pids, [-1, 0, 1, MAX_UINT32 + 1]],
    ["timestamp", wide, [-1n, MAX_UINT64, MAX_UINT64 + 1n]],
    ["nonce", wide, [-1n, MAX_UINT64, MAX_UINT64 + 1n]],
    [
      "payload",
      [0n, 1n, 2n ** 31n, 2n ** 32n - 1n],
      [-1n, 2n ** 32n, MAX_UINT64, MAX_UINT64 + 1n],
    ],
  ],
};

Deno.test("encodeFrame() writes the smallest and largest value of each field", () => {
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

Deno.test("encodeFrame() throws, and writes nothing, if a field does not fit", () => {
  for (const version of versions) {
    for (const [field, , misfits] of cases[version]) {
      for (const value of misfits) {
        assertRefused({ ...plain, version, [field]: value }, `${field} must`);
      }
    }
  }
});

Deno.test("encodeFrame() throws, and writes nothing, if a type is wrong", () => {
  const strangers: unknown[] = [
    undefined,
    null,
    true,
    "1",
    "",
    [1],
    {},
    Symbol(),
  ];
  strangers.push(Object.create(null), () => {});
  const numbers = [1.5, NaN, Infinity, -Infinity];
  for (const version of versions) {
    for (const field of ["status", "pid"]) {
      for (const value of numbers) {
        assertRefused({ ...plain, version, [field]: value }, `${field} must`);
      }
      assertTypeError(version, field, [...strangers, 2n]);
    }
    for (const field of ["timestamp", "nonce", "payload"]) {
      assertTypeError(version, field, [...strangers, ...numbers, 1]);
    }
  }
});

Deno.test("encodeFrame() throws, and writes nothing, for an unknown version", () => {
  for (const version of [0, 3, -1, 1.5, 257, NaN]) {
    assertRefused({ ...plain, version }, "version must be 1 or 2");
  }
  assertTypeError(1, "version", [1n, "1", null, undefined]);
});

Deno.test("encodeFrame() shows the invalid value in its error", () => {
  assertRefused({ ...plain, pid: -7 }, "pid must be an integer");
  const error = assertThrows(
    () => encodeFrame({ ...plain, payload: -7n }, new Uint8Array(32)),
    RangeError,
  );
  assertStringIncludes(error.message, "received -7n");
});

Deno.test("encodeFrame() requires Critical for NONCE_TERMINAL only in version 2", () => {
  const nonce = MAX_UINT64;
  for (const status of Object.values(Status)) {
    const frame = { ...plain, status, nonce };
    assertEquals(hexOf(frame).slice(32, 48), "ffffffffffffffff");
    if (status === Status.Critical) hexOf({ ...frame, version: 2 });
    else assertRefused({ ...frame, version: 2 }, "must be");
  }
});

Deno.test("encodeFrame() throws, and writes nothing, if there is no room", () => {
  for (const version of versions) {
    for (const length of [0, 1, 31]) {
      const buffer = new Uint8Array(64).fill(0x55);
      const into = buffer.subarray(16, 16 + length);
      assertRefused({ ...plain, version }, `received ${length}`, into);
      assertEquals(buffer, new Uint8Array(64).fill(0x55));
    }
  }
});

Deno.test("encodeFrame() writes 32 bytes and no others", () => {
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

Deno.test("encodeFrame() reads each field once", () => {
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

Deno.test("encodeFrame() throws TypeError if into is not a Uint8Array", () => {
  for (const into of [new Float64Array(32), Array(32).fill(0), null]) {
    assertThrows(
      () => encodeFrame(plain, into as unknown as Uint8Array),
      TypeError,
      "into must be a Uint8Array",
    );
  }
});
