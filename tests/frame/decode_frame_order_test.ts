import { assertEquals } from "@std/assert";
import { edit, encode, reasonOf } from "../support/frames.ts";

const tooLong = (bytes: Uint8Array) => new Uint8Array([...bytes, 0]);

// In the order of the checks. If two write the same field, the first one counts.
const defects = {
  BadMagic: (view: DataView) => view.setUint8(1, 0x57),
  BadVersion: (view: DataView) => view.setUint8(2, 3),
  BadStatus: (view: DataView) => view.setUint8(3, 4),
  StallOnWire: (view: DataView) => view.setUint8(3, 3),
  BadPid: (view: DataView) => view.setUint32(4, 1, true),
  BadTimestamp: (view: DataView) => view.setBigUint64(8, 2n ** 64n - 1n, true),
  BadNonce: (view: DataView) => view.setBigUint64(16, 2n ** 64n - 1n, true),
};
type Defect = keyof typeof defects;

const afterCrc: Defect[] = [
  ...["BadStatus", "StallOnWire", "BadPid"] as const,
  ...["BadTimestamp", "BadNonce"] as const,
];

/** Asserts that a defect of version 2 is reported alone, and before each of the others. */
function assertFirst(first: Defect, others: Defect[], wrongCrc = false): void {
  for (const set of [[], others, ...others.map((other) => [other])]) {
    const changes = set.toReversed().map((defect) => defects[defect]);
    const bytes = edit(encode({ version: 2 }), ...changes, defects[first]);
    if (wrongCrc) bytes[31] ^= 1;
    assertEquals(reasonOf(bytes), first, `with ${set}`);
    assertEquals(reasonOf(tooLong(bytes)), "BadLength");
  }
}

Deno.test("decodeFrame() checks magic, version, CRC in this order in version 2", () => {
  for (const wrongCrc of [false, true]) {
    assertFirst("BadMagic", ["BadVersion", ...afterCrc], wrongCrc);
    assertFirst("BadVersion", afterCrc, wrongCrc);
  }
  for (const set of [[], afterCrc, ...afterCrc.map((defect) => [defect])]) {
    const bytes = edit(
      encode({ version: 2 }),
      ...set.map((defect) => defects[defect]),
    );
    bytes[31] ^= 1;
    assertEquals(reasonOf(bytes), "BadCrc", `with ${set}`);
    assertEquals(reasonOf(bytes, 1), "BadVersion");
  }
});

Deno.test("decodeFrame() checks status, pid, timestamp, nonce in this order", () => {
  afterCrc.forEach((first, i) => assertFirst(first, afterCrc.slice(i + 1)));
});

Deno.test("decodeFrame() checks length, magic, version, status in version 1", () => {
  const order = ["BadMagic", "BadVersion", "BadStatus"] as const;
  const rest = [defects.BadPid, defects.BadTimestamp, defects.BadNonce];
  order.forEach((first, i) => {
    for (const others of [[], order.slice(i), [order.at(-1)!]]) {
      const changes = others.toReversed().map((defect) => defects[defect]);
      const bytes = edit(
        encode({ version: 1 }),
        ...rest,
        ...changes,
        defects[first],
      );
      assertEquals(reasonOf(bytes), first);
      assertEquals(reasonOf(tooLong(bytes)), "BadLength");
    }
  });
});
