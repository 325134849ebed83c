import { assertEquals } from "@std/assert";
import { crc32c } from "../../src/crc32c.ts";
import { createRandom } from "../support/random.ts";

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

/** The CRC-32C of the bytes, which make whole words. */
function crc32cOf(bytes: Uint8Array): number {
  const words = new Uint32Array(bytes.slice().buffer);
  return crc32c(words, 0, words.length) >>> 0;
}

const upwards = Uint8Array.from({ length: 32 }, (_, i) => i);

// RFC 3720, appendix B.4.
const knownAnswers: [bytes: Uint8Array, crc: number][] = [
  [new Uint8Array(32), 0x8a91_36aa],
  [new Uint8Array(32).fill(0xff), 0x62a8_ab43],
  [upwards, 0x46dd_794e],
  [upwards.toReversed(), 0x113f_db5c],
];

Deno.test("crc32c() gives the known answers", () => {
  for (const [bytes, crc] of knownAnswers) {
    assertEquals(crc32cOf(bytes), crc);
    assertEquals(definition(bytes), crc);
  }
});

// Its nine bytes are no whole words, so that crc32c() cannot be asked itself.
Deno.test("crc32c() is tested against a definition that knows 123456789", () => {
  const digits = new TextEncoder().encode("123456789");
  assertEquals(definition(digits), 0xe306_9283);
});

Deno.test("crc32c() is signed", () => {
  for (const [bytes, crc] of knownAnswers) {
    const words = new Uint32Array(bytes.buffer);
    assertEquals(crc32c(words, 0, words.length), crc | 0);
  }
});

Deno.test("crc32c() of no words is 0", () => {
  assertEquals(crc32c(new Uint32Array(2), 1, 1), 0);
});

Deno.test("crc32c() agrees with the definition at every length", () => {
  const random = createRandom(0x5641);
  for (let count = 0; count <= 16; count++) {
    const bytes = Uint8Array.from({ length: 4 * count }, random);
    assertEquals(crc32cOf(bytes), definition(bytes), `${count} words`);
  }
});

Deno.test("crc32c() agrees with the definition for every value of each byte", () => {
  const bytes = new Uint8Array(28);
  for (let i = 0; i < bytes.length; i++) {
    for (let value = 0; value <= 0xff; value++) {
      bytes[i] = value;
      assertEquals(crc32cOf(bytes), definition(bytes), `${value} at ${i}`);
    }
  }
});

Deno.test("crc32c() reads the words from begin to end alone", () => {
  const [bytes, crc] = knownAnswers[2];
  for (let begin = 0; begin <= 4; begin++) {
    const buffer = new Uint8Array(64).fill(0xee);
    buffer.set(bytes, 4 * begin);
    const words = new Uint32Array(buffer.buffer);
    assertEquals(crc32c(words, begin, begin + 8) >>> 0, crc);
  }
});
