import { Word } from "./_layout.ts";

// The file's own, which V8 compiles in: see beat_frame.ts.
const { Head, Pid, Timestamp, Nonce, Payload, Crc } = Word;

// The Castagnoli polynomial, reflected: RFC 3720, section 12.1 and appendix B.4.
const POLYNOMIAL = 0x82f6_3b78;

const BYTE_VALUES = 256;
const WORD_VALUES = 4 * BYTE_VALUES;

/**
 * What each value of each byte of a frame adds to the checksum, as far as it has
 * been needed: a millisecond for all of it would be too much for one beat.
 */
const table = new Int32Array(Crc * WORD_VALUES);

// The same from beat to beat, and so summed once. At first they are those of no
// frame, whose magic is not 0.
let head = 0;
let pid = 0;
let sumOfHead = 0;
let sumOfPid = 0;

/** Writes the checksum of the frame at `begin`, whose other fields are written. */
export function writeChecksum(words: Uint32Array, begin: number): void {
  words[begin + Crc] = checksumOf(words, begin);
}

/** Whether the frame at `begin` is as it was when its checksum was written. */
export function matchesChecksum(words: Uint32Array, begin: number): boolean {
  return (words[begin + Crc] | 0) === checksumOf(words, begin);
}

/**
 * The CRC-32C of a frame, up to where it belongs, as a signed number: an unsigned
 * one does not always fit V8's small integers and would be allocated.
 *
 * A checksum is linear: what a byte adds to it, by exclusive or, depends on its
 * value and its place alone. Behind a system call, when the processor has to
 * fetch the code anew, each look into the table takes a beat a nanosecond or
 * more: ten in place of 28 make it 30 ns shorter.
 */
function checksumOf(words: Uint32Array, begin: number): number {
  if (
    ((words[begin + Head] ^ head) | (words[begin + Pid] ^ pid)) !== 0
  ) sumHeadAndPid(words[begin + Head], words[begin + Pid]);

  const high = words[begin + Nonce + 1];
  const sum = sumOfHead ^ sumOfPid ^
    sumOf(Timestamp, words[begin + Timestamp]) ^
    sumOfSmall(Timestamp + 1, words[begin + Timestamp + 1]) ^
    sumOf(Nonce, words[begin + Nonce]) ^
    sumOfSmall(Payload, words[begin + Payload]);
  return high === 0 ? sum : sum ^ sumOfLarge(Nonce + 1, high);
}

function sumHeadAndPid(newHead: number, newPid: number): void {
  if (head === 0) fillTable();
  if ((head ^ newHead) !== 0) {
    head = newHead | 0;
    // All bits of the first word are turned at the beginning, and at the end all
    // of the checksum.
    sumOfHead = ~shift(~head, 32 * (Crc - Head));
  }
  if ((pid ^ newPid) !== 0) {
    pid = newPid | 0;
    sumOfPid = shift(pid, 32 * (Crc - Pid));
  }
}

/** What a word adds, given by its index in the frame. */
function sumOf(index: number, word: number): number {
  const start = index * WORD_VALUES;
  return table[start + (word & 0xff)] ^
    table[start + BYTE_VALUES + (word >>> 8 & 0xff)] ^
    table[start + 2 * BYTE_VALUES + (word >>> 16 & 0xff)] ^
    table[start + 3 * BYTE_VALUES + (word >>> 24)];
}

/** The same, sooner for a word that is small, as most are. */
function sumOfSmall(index: number, word: number): number {
  return word < BYTE_VALUES
    ? table[index * WORD_VALUES + word]
    : sumOfLarge(index, word);
}

function sumOfLarge(index: number, word: number): number {
  const start = index * WORD_VALUES;
  if (table[start + BYTE_VALUES + 1] === 0) fillBytes(4 * index, 4);
  return sumOf(index, word);
}

/** Fills in what every frame takes. */
function fillTable(): void {
  fillBytes(4 * Timestamp, 5);
  fillBytes(4 * Nonce, 4);
  fillBytes(4 * Payload, 1);
}

/** Fills in some bytes of the frame, from the one at an index on. */
function fillBytes(first: number, count: number): void {
  // A byte adds what its bits add, each by what follows it up to the checksum.
  let sum = shift(1, 8 * (4 * Crc - first - count));
  for (let i = first + count - 1; i >= first; i--) {
    const start = i * BYTE_VALUES;
    for (let bit = 0x80; bit > 0; bit >>= 1) {
      sum = shift(sum, 1);
      for (let byte = 0; byte < BYTE_VALUES; byte += 2 * bit) {
        table[start + byte + bit] = table[start + byte] ^ sum;
      }
    }
  }
}

/** What a sum becomes by so many bits more, all of them 0. */
function shift(sum: number, bits: number): number {
  for (let i = 0; i < bits; i++) {
    sum = sum & 1 ? (sum >>> 1) ^ POLYNOMIAL : sum >>> 1;
  }
  return sum;
}
