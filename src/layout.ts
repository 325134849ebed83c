/** Where each field of a frame begins, in bytes. All integers are little-endian. */
export const Offset = {
  Magic: 0,
  Version: 2,
  Status: 3,
  Pid: 4,
  Timestamp: 8,
  Nonce: 16,
  Payload: 24,
  Crc: 28,
} as const;

export const MaxUint32 = 0xffff_ffff;
export const MaxUint64 = 0xffff_ffff_ffff_ffffn;
