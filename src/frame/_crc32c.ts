// The Castagnoli polynomial, reflected: RFC 3720, section 12.1 and appendix B.4.
const POLYNOMIAL = 0x82f6_3b78;

/** How many bytes are processed at a time ("slicing by 4"). */
const SLICES = 4;

// tables[256 * i + b] is the checksum of the byte b followed by i zero bytes.
const tables = createTables();

function createTables(): Int32Array {
  const tables = new Int32Array(SLICES * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) {
      crc = crc & 1 ? crc >>> 1 ^ POLYNOMIAL : crc >>> 1;
    }
    tables[byte] = crc;
  }
  for (let i = 256; i < tables.length; i++) {
    const previous = tables[i - 256];
    tables[i] = previous >>> 8 ^ tables[previous & 0xff];
  }
  return tables;
}

/**
 * Returns the CRC-32C of the first `count` words as a signed integer: an unsigned
 * one would not always fit into the small integers of V8 and would be allocated.
 */
export function crc32c(words: Uint32Array, count: number): number {
  let crc = -1;
  for (let i = 0; i < count; i++) {
    crc ^= words[i];
    crc = tables[768 + (crc & 0xff)] ^ tables[512 + (crc >>> 8 & 0xff)] ^
      tables[256 + (crc >>> 16 & 0xff)] ^ tables[crc >>> 24];
  }
  return ~crc;
}
