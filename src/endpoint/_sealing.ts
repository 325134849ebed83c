import { fillWithEntropy } from "../../ffi/entropy.ts";
import { failureOf, type SystemFailure } from "../../ffi/failure.ts";
import type { Message, Words } from "../../ffi/message.ts";
import { system } from "../../ffi/system.ts";
import { FRAME_WORDS, MAX_UINT32, Word } from "../frame/_layout.ts";
import { FRAME_LENGTH } from "../frame/frame.ts";
import { type AgentKey, nodeCrypto } from "./_agent_key.ts";

const WORD_LENGTH = Uint32Array.BYTES_PER_ELEMENT;
const TAG_WORDS = 4;
const IV_RANDOM_WORDS = 2;

// Constants, because each beat would otherwise allocate its own.
const CIPHER_OPTIONS = { authTagLength: TAG_WORDS * WORD_LENGTH };
const AAD_OPTIONS = { plaintextLength: FRAME_LENGTH };

/** Fills the words with unpredictable values, or returns the failure. */
export type Entropy = (into: Words) => SystemFailure | undefined;

/** Options for tests. */
export interface SealingOptions {
  readonly entropy?: Entropy;
  /** The first iv_counter of each session that a socket begins. */
  readonly firstCounter?: number;
}

/**
 * The sealed datagram of an agent, overwritten by each beat: the pid if the key
 * is derived from it, iv_random, iv_counter, ciphertext and tag.
 *
 * @see RFC 8439, section 2.8
 */
export class SealedMessage implements Message {
  readonly words: Words;
  readonly length: bigint;
  readonly #key: AgentKey;
  readonly #entropy: Entropy;
  readonly #firstCounter: number;
  readonly #ivRandom: Uint32Array;
  /** The iv_random of the next session; no other session under the key has it. */
  readonly #nextIvRandom = new Uint32Array(IV_RANDOM_WORDS);
  /** The index of iv_counter. */
  readonly #counterIndex: number;
  readonly #aad: Uint8Array;
  readonly #iv: Uint8Array;
  readonly #ciphertext: Uint8Array;
  readonly #tag: Uint8Array;
  /** The process of the session; 0 before the first. */
  #pid = 0;
  /** The iv_counter of the next beat; above the maximum if none is left. */
  #counter = 0;

  /** @param key The key; its owner wipes it. */
  constructor(
    key: AgentKey,
    { entropy = fillWithEntropy, firstCounter = 0 }: SealingOptions,
  ) {
    this.#key = key;
    this.#entropy = entropy;
    this.#firstCounter = firstCounter;
    const ivBegin = key.isDerived ? 1 : 0;
    const ivEnd = ivBegin + IV_RANDOM_WORDS + 1;
    const tagBegin = ivEnd + FRAME_WORDS;
    const end = tagBegin + TAG_WORDS;
    this.words = new Uint32Array(end);
    this.length = BigInt(this.words.byteLength);
    const octets = new Uint8Array(this.words.buffer);
    const bytes = (begin: number, end: number) =>
      octets.subarray(begin * WORD_LENGTH, end * WORD_LENGTH);
    this.#ivRandom = this.words.subarray(ivBegin, ivBegin + IV_RANDOM_WORDS);
    this.#counterIndex = ivBegin + IV_RANDOM_WORDS;
    this.#aad = bytes(0, ivBegin);
    this.#iv = bytes(ivBegin, ivEnd);
    this.#ciphertext = bytes(ivEnd, tagBegin);
    this.#tag = bytes(tagBegin, end);
  }

  /** Prepares a session, for {@linkcode SealedMessage.begin}, or returns the failure. */
  prepare(): SystemFailure | undefined {
    const next = this.#nextIvRandom;
    const failure = this.#entropy(next);
    if (failure !== undefined) return failure;
    const isRepeated = next.every((word, i) => word === this.#ivRandom[i]);
    return isRepeated ? sealingFailure() : undefined;
  }

  /** Begins the session that was prepared last, for a process. */
  begin(pid: number, counter = this.#firstCounter): void {
    this.#pid = pid;
    this.#ivRandom.set(this.#nextIvRandom);
    this.#counter = counter;
  }

  /**
   * Seals a frame. The iv_counter is used up, even if the datagram is not sent. A
   * new session begins if no iv_counter is left, or in another process, such as a
   * forked child.
   *
   * @returns The failure, if there is no entropy for a new session, or `node:crypto`
   * fails. Then the datagram must not be sent.
   */
  seal({ words: frame }: Message): SystemFailure | undefined {
    const pid = frame[Word.PID];
    if (pid !== this.#pid || this.#counter > MAX_UINT32) {
      const failure = this.prepare();
      if (failure !== undefined) return failure;
      this.begin(pid, 0);
    }
    this.words[this.#counterIndex] = this.#counter++;
    if (this.#key.isDerived) this.words[0] = pid;
    try {
      const cipher = nodeCrypto().createCipheriv(
        "chacha20-poly1305",
        this.#key.of(pid),
        this.#iv,
        CIPHER_OPTIONS,
      );
      cipher.setAAD(this.#aad, AAD_OPTIONS);
      const plaintext = new Uint8Array(frame.buffer, 0, FRAME_LENGTH);
      this.#ciphertext.set(cipher.update(plaintext));
      cipher.final();
      this.#tag.set(cipher.getAuthTag());
    } catch {
      return sealingFailure();
    }
  }
}

/** A failure that no system call reports. EIO is one of getentropy(3). */
function sealingFailure(): SystemFailure {
  return failureOf("getentropy", system.errno.EIO);
}
