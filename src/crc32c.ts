// The Castagnoli polynomial, reflected: RFC 3720, section 12.1 and appendix B.4.
const POLYNOMIAL = 0x82f6_3b78;

const BYTE_VALUES = 256;

/** The parts of `table` that the bytes of a word look into. */
const WORD_VALUES = 4 * BYTE_VALUES;

/**
 * What each value of a byte adds to the checksum, for a byte that is the last,
 * that one more follows, and so on to seven.
 */
const table = new Int32Array(2 * WORD_VALUES);

/**
 * The CRC-32C of the words from one index up to another, as a signed number: an
 * unsigned one does not always fit V8's small integers and would be allocated.
 */
export function crc32c(
  words: Uint32Array,
  begin: number,
  end: number,
): number {
  if (table[1] === 0) fillTable();
  let crc = -1;
  let i = begin;
  if ((end - begin) % 2 > 0) crc = addWord(0, crc ^ words[i++]);
  // Two words at a time, since only the first of them waits for those before:
  // 28 bytes take 19 ns, one word at a time 24, one byte at a time 61.
  for (; i < end; i += 2) {
    crc = addWord(WORD_VALUES, crc ^ words[i]) ^ addWord(0, words[i + 1]);
  }
  return ~crc;
}

/** What a word adds, whose last byte looks into the part of `table` at `start`. */
function addWord(start: number, word: number): number {
  return table[start + 3 * BYTE_VALUES + (word & 0xff)] ^
    table[start + 2 * BYTE_VALUES + (word >>> 8 & 0xff)] ^
    table[start + BYTE_VALUES + (word >>> 16 & 0xff)] ^
    table[start + (word >>> 24)];
}

/** Done when a checksum is first asked for, which in version 1 is never. */
function fillTable(): void {
  // A checksum is linear: that of a byte is the sum of those of its bits.
  for (let part = 0, sum = 1; part < table.length; part += BYTE_VALUES) {
    for (let bit = 0x80; bit > 0; bit >>= 1) {
      sum = sum & 1 ? (sum >>> 1) ^ POLYNOMIAL : sum >>> 1;
      for (let byte = 0; byte < BYTE_VALUES; byte += 2 * bit) {
        table[part + byte + bit] = table[part + byte] ^ sum;
      }
    }
  }
}
