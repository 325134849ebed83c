import { libc } from "../../ffi/libc.ts";
import type { Memory, MemoryView, Message } from "../../ffi/memory.ts";
import {
  type Moment,
  monotonicNow,
  writeElapsed,
} from "../../ffi/monotonic_clock.ts";
import { writeChecksum } from "../frame/_crc32c.ts";
import {
  FRAME_WORDS,
  MaxUint32,
  NONCE_TERMINAL,
  readUint64,
  Word,
  writeUint64,
} from "../frame/_layout.ts";
import { headOf, type Protocol, withStatus } from "../frame/_protocol.ts";
import { Status } from "../frame/status.ts";

// The file's own, which V8 compiles in, while it looks up what is imported each
// time: that takes a beat 2% more.
const { Head, Pid, Timestamp, Nonce, Payload } = Word;
const { Ok, Degraded, Critical } = Status;

/**
 * An agent's own 32 bytes, which every beat writes anew. The nonce lives in
 * them, since no JavaScript number holds it. What a beat calls here
 * allocates nothing.
 */
export class BeatFrame implements Message {
  /** Where the frame is, as it goes on the wire: its words begin at `begin`. */
  readonly words: MemoryView;
  readonly begin: number;
  readonly memory: Memory;
  readonly #protocol: Protocol;
  // Not in an object of their own, which would be one more to find.
  readonly #startSeconds: number;
  readonly #startNanoseconds: number;

  /**
   * @param protocol The version that is spoken.
   * @param start The moment that timestamps count from.
   * @param nonce The nonce of the last beat so far.
   */
  constructor(
    protocol: Protocol,
    start: Moment = monotonicNow(),
    nonce = 0n,
  ) {
    const { words, begin } = allocateFrame();
    this.words = words;
    this.begin = begin;
    this.memory = libc().memoryOf(words, begin, begin + FRAME_WORDS);
    this.#protocol = protocol;
    this.#startSeconds = start.seconds;
    this.#startNanoseconds = start.nanoseconds;
    words[begin + Head] = headOf(protocol.version, Ok);
    words[begin + Pid] = libc().processId();
    writeUint64(words, begin + Nonce, nonce);
    // The first one takes the better part of a millisecond, which no beat shall.
    if (protocol.hasChecksum) writeChecksum(words, begin);
  }

  /** The nonce of the last beat. */
  get nonce(): bigint {
    return readUint64(this.words, this.begin + Nonce);
  }

  /** Another frame for the last word of the same agent, with the nonce of no beat. */
  createTerminal(): BeatFrame {
    const start = {
      seconds: this.#startSeconds,
      nanoseconds: this.#startNanoseconds,
    };
    return new BeatFrame(this.#protocol, start, NONCE_TERMINAL);
  }

  /** Whether a beat can say this: untyped callers may pass anything. */
  accepts(status: unknown, payload: unknown): boolean {
    return (status === Ok || status === Degraded || status === Critical) &&
      (typeof payload === "bigint"
        ? payload >= 0n && payload <= this.#protocol.maxPayload
        : typeof payload === "number" && payload >= 0 &&
          payload <= this.#protocol.maxNumberPayload &&
          Math.floor(payload) === payload);
  }

  /** Counts one beat more, short of `NONCE_TERMINAL`. */
  advanceNonce(): void {
    const { words, begin } = this;
    const low = (words[begin + Nonce] + 1) >>> 0;
    const high = words[begin + Nonce + 1] + (low === 0 ? 1 : 0);
    if (low < MaxUint32 || high < MaxUint32) {
      words[begin + Nonce] = low;
      words[begin + Nonce + 1] = high;
    } else if (this.#protocol.nonceWraps) {
      words[begin + Nonce] = words[begin + Nonce + 1] = 0;
    }
  }

  /** Writes the fields of a beat that {@linkcode BeatFrame.accepts} has passed. */
  write(status: Status, payload: number | bigint): void {
    const { words, begin } = this;
    words[begin + Head] = withStatus(words[begin + Head], status);
    words[begin + Pid] = libc().processId();
    writeElapsed(
      this.#startSeconds,
      this.#startNanoseconds,
      words,
      begin + Timestamp,
    );
    if (typeof payload === "bigint") {
      writeUint64(words, begin + Payload, payload);
    } else {
      words[begin + Payload] = payload; // modulo 2^32, as all that is stored here
      words[begin + Payload + 1] = payload > MaxUint32 ? payload / 2 ** 32 : 0;
    }
    if (this.#protocol.hasChecksum) writeChecksum(words, begin);
  }
}

const FRAMES_PER_SLAB = 16;

let slab: MemoryView = new Uint32Array(0);
let used = 0;

/** Where a frame lies. */
interface FramePlace {
  readonly words: MemoryView;
  /** The index of its first word. */
  readonly begin: number;
}

/**
 * The place of a new frame, zeros and nobody else's.
 *
 * Sixteen frames share a view: with one each, a beat of thousands of agents in
 * turn finds so much less in the processor's caches that it takes 1.05 times as
 * long.
 */
function allocateFrame(): FramePlace {
  if (used === slab.length) {
    slab = new Uint32Array(FRAMES_PER_SLAB * FRAME_WORDS);
    used = 0;
  }
  const begin = used;
  used += FRAME_WORDS;
  return { words: slab, begin };
}
