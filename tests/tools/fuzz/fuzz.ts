/**
 * Decodes random bytes: `deno task fuzz [--seed N] [--inputs N]`. It prints the
 * seed, the speed, and how often each result occurred.
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
import { crc32c } from "../../../src/frame/_crc32c.ts";
import { MAX_UINT64, Word } from "../../../src/frame/_layout.ts";
import { protocolOf } from "../../../src/frame/_protocol.ts";
import { numberOption } from "../../support/option.ts";
import { createRandom } from "../../support/random.ts";

const edges = [0n, 1n, 2n, 3n, 2n ** 32n, 2n ** 53n + 1n, MAX_UINT64 - 1n];

/** How often each result occurred: `"version 1"`, `"version 2"`, or a reason. */
export type Counts = Map<string, number>;

/** Bytes to decode, and the result, if it is certain. */
interface Input {
  bytes: Uint8Array;
  expected?: "a frame" | "an error" | "BadLength";
}

/**
 * Decodes `inputs` byte strings, the same ones for the same seed.
 *
 * @throws {Error} If a result is wrong. The message says how to run it again.
 */
export function fuzz(seed: number, inputs: number): Counts {
  const random = createRandom(seed);
  const counts: Counts = new Map();
  for (let input = 1; input <= inputs; input++) {
    try {
      const result = check(createInput(random));
      counts.set(result, (counts.get(result) ?? 0) + 1);
    } catch (cause) {
      const command = `deno task fuzz --seed ${seed} --inputs ${input}`;
      throw new Error(`${cause}; run it again: ${command}`, { cause });
    }
  }
  return counts;
}

/** Returns a seed that is different each time. */
export function randomSeed(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0];
}

/** Decodes an input and checks the result. */
function check({ bytes, expected }: Input): string {
  const { frame, result } = decode(bytes);
  if (frame !== undefined) {
    const again = new Uint8Array(FRAME_LENGTH);
    encodeFrame(frame, again);
    if (again.some((byte, i) => byte !== bytes[i])) {
      throw new Error(`The frame [${bytes}] is encoded as [${again}]`);
    }
  }
  const kind = frame === undefined ? "an error" : "a frame";
  if (expected !== undefined && expected !== kind && expected !== result) {
    throw new Error(`[${bytes}] is ${result} instead of ${expected}`);
  }
  return result;
}

function decode(bytes: Uint8Array): { frame?: Frame; result: string } {
  try {
    const frame = decodeFrame(bytes);
    return { frame, result: `version ${frame.version}` };
  } catch (error) {
    if (error instanceof DecodeError) return { result: error.reason };
    throw new Error(`Decoding [${bytes}] throws ${error}`, { cause: error });
  }
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
    flipBit(bytes, random());
    return { bytes, expected: frame.version === 2 ? "an error" : undefined };
  }
  mutate(bytes, random);
  if (kind === 4) {
    // With a correct checksum, the checks after it are reached.
    const words = new Uint32Array(bytes.buffer);
    words[Word.CRC] = crc32c(words, Word.CRC);
  }
  return { bytes };
}

function randomBytes(random: () => number, length: number): Uint8Array {
  return Uint8Array.from({ length }, random);
}

/** Returns a frame cut short, or with random bytes after it. */
function resize(frame: Uint8Array, random: () => number): Uint8Array {
  const length = random() % 64;
  if (length < FRAME_LENGTH) return frame.slice(0, length);
  const bytes = randomBytes(random, length + 1);
  bytes.set(frame);
  return bytes;
}

function flipBit(bytes: Uint8Array, random: number): void {
  const bit = random % (8 * FRAME_LENGTH);
  bytes[bit >> 3] ^= 1 << (bit & 7);
}

/** Changes some bytes, or fills a field with zeros or ones. */
function mutate(bytes: Uint8Array, random: () => number): void {
  for (let count = 1 + random() % 3; count > 0; count--) {
    const at = 2 + random() % (FRAME_LENGTH - 2);
    const field = at & ~7;
    const choice = random() % 4;
    if (choice === 0) bytes[at] = random();
    else if (choice === 1) flipBit(bytes, random());
    else if (choice === 2) bytes[3] = random() % 5;
    else bytes.fill(-(random() % 2), field || 4, field + 8);
  }
}

/** Returns a valid frame, whose fields often have the least or greatest value. */
function randomFrame(random: () => number): Frame {
  const version = random() % 2 === 0 ? 1 : 2;
  const protocol = protocolOf(version);
  const word = () =>
    random() % 2 === 0
      ? edges[random() % edges.length]
      : BigInt(random()) << 32n | BigInt(random());
  return {
    version,
    status: random() % (version === 1 ? 4 : 3) as Status,
    pid: Math.max(random() >>> (random() % 32), protocol.minPid),
    timestamp: word() % MAX_UINT64,
    nonce: word() % MAX_UINT64,
    payload: word() & protocol.maxPayload,
  };
}

if (import.meta.main) {
  const seed = numberOption("seed") ?? randomSeed();
  const inputs = numberOption("inputs") ?? 10_000_000;
  console.log(`seed ${seed}`);
  const start = performance.now();
  const counts = fuzz(seed, inputs);
  const seconds = (performance.now() - start) / 1000;
  console.log(
    `${inputs} inputs in ${seconds.toFixed(1)} s, ${
      Math.round(inputs / seconds)
    } a second`,
  );
  console.table(Object.fromEntries(counts));
}
