import { assert, assertEquals } from "@std/assert";
import { crc32c } from "../../src/frame/_crc32c.ts";
import { createRandom } from "../support/random.ts";

/** The CRC-32C of the bytes by the definition, one bit at a time. */
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

/** Returns the CRC-32C that the module computes, as an unsigned integer. */
function checksum(bytes: Uint8Array): number {
  const words = new Uint32Array(bytes.slice().buffer);
  return crc32c(words, words.length) >>> 0;
}

Deno.test("crc32c() gives the results of RFC 3720, appendix B.4", () => {
  const upwards = Uint8Array.from({ length: 32 }, (_, i) => i);
  for (const compute of [definition, checksum]) {
    assertEquals(compute(new Uint8Array(32)), 0x8a91_36aa);
    assertEquals(compute(new Uint8Array(32).fill(0xff)), 0x62a8_ab43);
    assertEquals(compute(upwards), 0x46dd_794e);
    assertEquals(compute(upwards.toReversed()), 0x113f_db5c);
  }
  const digits = new TextEncoder().encode("123456789");
  assertEquals(definition(digits), 0xe306_9283);
});

Deno.test("crc32c() follows the definition for every value of every byte", () => {
  const random = createRandom(0x5641);
  const frames = [
    new Uint8Array(28),
    Uint8Array.from({ length: 28 }, random),
  ];
  for (const frame of frames) {
    for (let i = 0; i < frame.length; i++) {
      for (let value = 0; value <= 0xff; value++) {
        frame[i] = value;
        assertEquals(checksum(frame), definition(frame));
      }
    }
  }
});

Deno.test("crc32c() reads only the first words", () => {
  const words = new Uint32Array([1, 2, 3, 4]);
  const first = crc32c(words, 2);
  words[2] = 7;
  assertEquals(crc32c(words, 2), first);
  assert(crc32c(words, 3) !== first);
});
