import type { Message, Words } from "../../ffi/message.ts";
import { MonotonicClock } from "../../ffi/monotonic_clock.ts";
import { processId, processIdWord } from "../../ffi/process/process_id.ts";
import { crc32c } from "../frame/_crc32c.ts";
import {
  FRAME_WORDS,
  MAX_UINT32,
  readUint64,
  Word,
  writeUint64,
} from "../frame/_layout.ts";
import { encodeHeader, type Protocol } from "../frame/_protocol.ts";
import { Status } from "../frame/status.ts";

// Constants of this file, because V8 looks up imported ones at each use.
const { HEADER, PID, TIMESTAMP, NONCE, PAYLOAD, CRC } = Word;
const { Ok, Degraded, Critical } = Status;

/** The index of the last nonce, which is kept after the frame. */
const LAST_NONCE = FRAME_WORDS;

/**
 * Writes each beat of an agent into the same 32 bytes. The nonce of the last one is
 * kept after them, because no JavaScript number holds it.
 *
 * It has few functions and objects on purpose. At one beat a second, each of them
 * adds about a microsecond to a beat, because it is not cached any more.
 */
export class FrameWriter implements Message {
  readonly words: Words = new Uint32Array(FRAME_WORDS + 2);
  readonly length = 32n;
  readonly #protocol: Protocol;
  readonly #isClockNonce: boolean;
  readonly #clock: MonotonicClock;
  /** The halves of the start of the clock in nanoseconds. */
  readonly #startLow: number;
  readonly #startHigh: number;
  readonly #pid = processIdWord();

  /**
   * @param nonceSource The nonce of a beat: the number of the beat, or the system's
   * monotonic clock in nanoseconds.
   * @param nonce The last nonce so far.
   * @param clock The clock of the timestamps.
   */
  constructor(
    protocol: Protocol,
    nonceSource: "count" | "clock",
    nonce = 0n,
    clock: MonotonicClock = new MonotonicClock(
      protocol.hasSystemTime ? 0n : undefined,
    ),
  ) {
    this.#protocol = protocol;
    this.#isClockNonce = nonceSource === "clock";
    this.#clock = clock;
    this.#startLow = Number(clock.start & BigInt(MAX_UINT32));
    this.#startHigh = Number(clock.start >> 32n);
    this.words[HEADER] = encodeHeader(protocol.version, Ok);
    writeUint64(this.words, LAST_NONCE, nonce);
  }

  /** The nonce of the last beat. */
  get nonce(): bigint {
    return readUint64(this.words, LAST_NONCE);
  }

  /**
   * Writes the next beat. Allocates nothing.
   *
   * @returns Whether a beat can carry these values, which may be of any type. If
   * not, nothing has changed.
   */
  write(status: Status, payload: number | bigint): boolean {
    const protocol = this.#protocol;
    const isValid = (status === Ok || status === Degraded ||
      status === Critical) &&
      (typeof payload === "bigint"
        ? payload >= 0n && payload <= protocol.maxPayload
        : typeof payload === "number" && payload >= 0 &&
          payload <= protocol.maxNumberPayload &&
          Math.floor(payload) === payload);
    if (!isValid) return false;

    const { words } = this;
    this.#clock.writeElapsed(words, TIMESTAMP);
    let low = (words[LAST_NONCE] + 1) >>> 0;
    let high = words[LAST_NONCE + 1] + (low === 0 ? 1 : 0);
    if (this.#isClockNonce) {
      // The time of this beat, if that is above the last nonce.
      const sum = words[TIMESTAMP] + this.#startLow;
      const sumHigh = words[TIMESTAMP + 1] + this.#startHigh +
        (sum > MAX_UINT32 ? 1 : 0);
      if (sumHigh > high || sumHigh === high && sum >>> 0 > low) {
        low = sum >>> 0;
        high = sumHigh;
      }
    }
    // Only a terminal beat has NONCE_TERMINAL. Both of its halves are the maximum.
    const isTerminal = low === MAX_UINT32 && high === MAX_UINT32;
    if (isTerminal) {
      low = protocol.nonceWraps ? 0 : MAX_UINT32 - 1;
      if (protocol.nonceWraps) high = 0;
    }
    words[NONCE] = words[LAST_NONCE] = low;
    words[NONCE + 1] = words[LAST_NONCE + 1] = high;
    words[HEADER] = words[HEADER] & 0x00ff_ffff | status << 24;
    words[PID] = this.#pid[0] || processId();
    if (typeof payload === "bigint") {
      writeUint64(words, PAYLOAD, payload);
    } else {
      words[PAYLOAD] = payload; // modulo 2^32, like every store here
      words[PAYLOAD + 1] = payload / 2 ** 32;
    }
    if (protocol.hasChecksum) words[CRC] = crc32c(words, CRC);
    return true;
  }

  /** Writes the terminal beat, as `write` does. The last nonce stays as it is. */
  writeTerminal(payload: number | bigint): boolean {
    const { nonce, words } = this;
    if (!this.write(Critical, payload)) return false;
    writeUint64(words, LAST_NONCE, nonce);
    words[NONCE] = words[NONCE + 1] = MAX_UINT32;
    if (this.#protocol.hasChecksum) words[CRC] = crc32c(words, CRC);
    return true;
  }
}
