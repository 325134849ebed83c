/**
 * Throws random bytes at the codec. As a program it takes `--seed N` and
 * `--inputs N`, and prints how many inputs there were, how fast, and the seed.
 *
 * @module
 */

import {
  DecodeError,
  decodeFrame,
  encodeFrame,
  type Frame,
  FRAME_LENGTH,
  type Status,
} from "../../../mod.ts";
import { writeChecksum } from "../../../src/frame/_crc32c.ts";
import { protocolOf } from "../../../src/frame/_protocol.ts";
import { numberOption } from "../../support/option.ts";
import { createRandom } from "../../support/random.ts";

const MaxUint64 = 2n ** 64n - 1n;
const edges = [0n, 1n, 2n, 3n, 2n ** 32n, 2n ** 53n + 1n, MaxUint64 - 1n];

/** How often each came of it: `"version 1"`, `"version 2"`, or a reason. */
export type Tally = Map<string, number>;

/**
 * Feeds `inputs` byte strings to `decodeFrame`. The same seed gives the same
 * ones, by Marsaglia's xorshift32.
 *
 * @throws {Error} Where the codec does what it must not; the message says how
 * to run up to that input again.
 */
export function fuzz(seed: number, inputs: number): Tally {
  const random = createRandom(seed);
  const tally: Tally = new Map();
  for (let input = 1; input <= inputs; input++) {
    try {
      const result = check(createInput(random));
      tally.set(result, (tally.get(result) ?? 0) + 1);
    } catch (cause) {
      const again = `deno task fuzz --seed ${seed} --inputs ${input}`;
      throw new Error(`${cause}; to run it again: ${again}`, { cause });
    }
  }
  return tally;
}

/** Bytes to decode, and what must come of it, where that is certain. */
interface Input {
  bytes: Uint8Array;
  expected?: "a frame" | "an error" | "BadLength";
}

/** Decodes the bytes, and fails on what must not come of it. */
function check({ bytes, expected }: Input): string {
  const { frame, result } = decode(bytes);
  if (frame !== undefined) {
    const again = new Uint8Array(FRAME_LENGTH);
    encodeFrame(frame, again);
    if (!isEqual(again, bytes)) {
      throw new Error(`Frame [${bytes}] is encoded to [${again}]`);
    }
  }
  const found = expected === "BadLength"
    ? result
    : frame === undefined
    ? "an error"
    : "a frame";
  if (expected !== undefined && found !== expected) {
    throw new Error(`[${bytes}] gives ${result} instead of ${expected}`);
  }
  return result;
}

function decode(bytes: Uint8Array): { frame?: Frame; result: string } {
  try {
    const frame = decodeFrame(bytes);
    return { frame, result: `version ${frame.version}` };
  } catch (error) {
    if (error instanceof DecodeError) return { result: error.reason };
    throw new Error(`[${bytes}] gives ${error}`, { cause: error });
  }
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

function createInput(random: () => number): Input {
  const kind = random() % 6;
  if (kind === 0) return { bytes: randomBytes(random, FRAME_LENGTH) };

  const frame = randomFrame(random);
  const bytes = new Uint8Array(FRAME_LENGTH);
  encodeFrame(frame, bytes);
  if (kind === 1) return { bytes, expected: "a frame" };
  if (kind === 2) {
    return { bytes: resize(bytes, random), expected: "BadLength" };
  }
  if (kind === 3) {
    flipBit(bytes, random() % (8 * FRAME_LENGTH));
    return { bytes, expected: frame.version === 2 ? "an error" : undefined };
  }
  mutate(bytes, random);
  // Whole again, so that the checks behind the checksum have their turn.
  if (kind === 4) writeChecksum(new Uint32Array(bytes.buffer), 0);
  return { bytes };
}

function randomBytes(random: () => number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = random();
  return bytes;
}

/** The frame cut short, or with random bytes behind it. */
function resize(frame: Uint8Array, random: () => number): Uint8Array {
  const length = random() % 64;
  if (length < FRAME_LENGTH) return frame.slice(0, length);
  const bytes = randomBytes(random, length + 1);
  bytes.set(frame);
  return bytes;
}

function flipBit(bytes: Uint8Array, bit: number): void {
  bytes[bit >> 3] ^= 1 << (bit & 7);
}

/** Changes a few bytes, or fills a field with zeros or ones. */
function mutate(bytes: Uint8Array, random: () => number): void {
  for (let count = 1 + random() % 3; count > 0; count--) {
    const at = 2 + random() % (FRAME_LENGTH - 2);
    const field = at & ~7;
    const choice = random() % 4;
    if (choice === 0) bytes[at] = random();
    else if (choice === 1) flipBit(bytes, random() % (8 * FRAME_LENGTH));
    else if (choice === 2) bytes[3] = random() % 5;
    else bytes.fill(-(random() % 2), field || 4, field + 8);
  }
}

/** A frame that is valid, with the edges of each field more often than by chance. */
function randomFrame(random: () => number): Frame {
  const version = random() % 2 === 0 ? 1 : 2;
  const status = random() % (version === 1 ? 4 : 3) as Status;
  const word = () =>
    random() % 2 === 0
      ? edges[random() % edges.length]
      : BigInt(random()) << 32n | BigInt(random());
  return {
    version,
    status,
    pid: Math.max(random() >>> (random() % 32), version === 1 ? 0 : 2),
    timestamp: word() % MaxUint64,
    nonce: word() % MaxUint64,
    payload: word() & protocolOf(version)!.maxPayload,
  };
}

/** A seed that nobody chose. */
export function randomSeed(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0];
}

if (import.meta.main) {
  const seed = numberOption("seed") ?? randomSeed();
  const inputs = numberOption("inputs") ?? 10_000_000;
  console.log(`seed ${seed}`);
  const start = performance.now();
  const tally = fuzz(seed, inputs);
  const seconds = (performance.now() - start) / 1000;
  const rate = Math.round(inputs / seconds);
  console.log(
    `${inputs} inputs in ${seconds.toFixed(1)} s, ${rate} each second`,
  );
  console.table(Object.fromEntries(tally));
}
