import { assert, assertEquals } from "@std/assert";
import { matchesChecksum, writeChecksum } from "../../src/frame/_crc32c.ts";
import { FRAME_LENGTH } from "../../src/frame/_layout.ts";
import { createRandom } from "../support/random.ts";

/** Where the checksum begins, in bytes. */
const CRC = 28;

/** The CRC-32C of the bytes by the definition, a bit at a time. */
function definition(bytes: Uint8Array): number {
  let crc = 0xffff_ffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) {
      crc = crc & 1 ? (crc >>> 1) ^ 0x82f6_3b78 : crc >>> 1;
    }
  }
  return (crc ^ 0xffff_ffff) >>> 0;
}

/** Writes the checksum of the frame that these bytes are, and checks it. */
function assertChecksum(bytes: Uint8Array): void {
  // Among other words, of which none may be read or written.
  const words = new Uint32Array(24).fill(0xeeee_eeee);
  new Uint8Array(words.buffer).set(bytes, FRAME_LENGTH);
  writeChecksum(words, 8);

  const expected = Array.from(new Uint32Array(bytes.slice().buffer));
  expected[7] = definition(bytes.subarray(0, CRC));
  assertEquals(Array.from(words.subarray(8, 16)), expected);
  assert(words.subarray(0, 8).every((word) => word === 0xeeee_eeee));
  assert(words.subarray(16).every((word) => word === 0xeeee_eeee));
  assert(matchesChecksum(words, 8));
}

/** A frame as good as any: none has a first word of zeros. */
function anyFrame(): Uint8Array {
  const bytes = new Uint8Array(FRAME_LENGTH);
  bytes.set([0x56, 0x41, 2]);
  return bytes;
}

Deno.test("the definition of the checksum gives the known answers", () => {
  const upwards = Uint8Array.from({ length: 32 }, (_, i) => i);
  // RFC 3720, appendix B.4.
  assertEquals(definition(new Uint8Array(32)), 0x8a91_36aa);
  assertEquals(definition(new Uint8Array(32).fill(0xff)), 0x62a8_ab43);
  assertEquals(definition(upwards), 0x46dd_794e);
  assertEquals(definition(upwards.toReversed()), 0x113f_db5c);
  const digits = new TextEncoder().encode("123456789");
  assertEquals(definition(digits), 0xe306_9283);
});

Deno.test("writeChecksum() agrees with the definition for every value of each byte", () => {
  const random = createRandom(0x5641);
  const empty = anyFrame();
  const full = Uint8Array.from({ length: FRAME_LENGTH }, random);
  for (const frame of [empty, full]) {
    for (let i = 0; i < CRC; i++) {
      for (let value = 0; value <= 0xff; value++) {
        const bytes = frame.slice();
        bytes[i] = value;
        assertChecksum(bytes);
      }
    }
  }
});

Deno.test("writeChecksum() agrees with the definition for frames of many senders in turn", () => {
  const random = createRandom(0x4156);
  const frames = Array.from({ length: 50 }, () => {
    const bytes = anyFrame();
    // Of each field, from the bytes that are always zero in some to all of them.
    for (let i = 3; i < CRC; i++) bytes[i] = random() % 3 === 0 ? 0 : random();
    return bytes;
  });
  for (let i = 0; i < 5_000; i++) {
    const frame = frames[random() % frames.length];
    frame[3 + random() % (CRC - 3)] = random();
    assertChecksum(frame);
  }
});

Deno.test("writeChecksum() counts on from 255 and 65535 in each field", () => {
  for (const field of [4, 8, 12, 16, 20, 24]) {
    for (const value of [0, 1, 255, 256, 65_535, 65_536, 0xffff_ffff]) {
      const bytes = anyFrame();
      new DataView(bytes.buffer).setUint32(field, value, true);
      assertChecksum(bytes);
    }
  }
});

Deno.test("matchesChecksum() finds each bit that has turned", () => {
  const random = createRandom(0x1d0f);
  const bytes = Uint8Array.from({ length: FRAME_LENGTH }, random);
  const words = new Uint32Array(bytes.buffer);
  writeChecksum(words, 0);
  for (let bit = 0; bit < 8 * FRAME_LENGTH; bit++) {
    bytes[bit >> 3] ^= 1 << (bit & 7);
    assert(!matchesChecksum(words, 0), `bit ${bit}`);
    bytes[bit >> 3] ^= 1 << (bit & 7);
  }
  assert(matchesChecksum(words, 0));
});
