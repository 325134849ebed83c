// The Castagnoli polynomial, reflected: RFC 3720, section 12.1 and appendix B.4.
const POLYNOMIAL = 0x82f6_3b78;

/** What each value of a byte adds to the checksum. */
const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  for (let bit = 0; bit < 8; bit++) {
    byte = byte & 1 ? (byte >>> 1) ^ POLYNOMIAL : byte >>> 1;
  }
  return byte;
});

/** The CRC-32C of the first `length` bytes. */
export function crc32c(bytes: DataView, length: number): number {
  let crc = 0xffff_ffff;
  for (let i = 0; i < length; i++) {
    crc = (crc >>> 8) ^ table[(crc ^ bytes.getUint8(i)) & 0xff];
  }
  return ~crc >>> 0;
}
