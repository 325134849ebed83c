import type { Message, Words } from "../../ffi/message.ts";
import { FRAME_WORDS, MAX_UINT32, Word } from "../frame/_layout.ts";
import { FRAME_LENGTH } from "../frame/frame.ts";
import type { AgentKey } from "./_agent_key.ts";
import { nodeCrypto } from "./_node_crypto.ts";

const WORD_LENGTH = Uint32Array.BYTES_PER_ELEMENT;
const TAG_WORDS = 4;
const IV_RANDOM_WORDS = 2;

// Constants, because each beat would otherwise allocate its own.
const CIPHER_OPTIONS = { authTagLength: TAG_WORDS * WORD_LENGTH };
const AAD_OPTIONS = { plaintextLength: FRAME_LENGTH };

/** Fills the words with unpredictable values, or throws. */
export type Entropy = (into: Words) => void;

/** Fills the words from the system's source of entropy. */
export function systemEntropy(into: Words): void {
  crypto.getRandomValues(into);
}

/** A process and its iv_random, which no other session under the key has. */
export interface Session {
  readonly pid: number;
  readonly ivRandom: Uint32Array;
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
  readonly #ivRandom: Uint32Array;
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

  /**
   * @param key The key; its owner wipes it.
   * @param entropy The source of each iv_random.
   * @throws {Deno.errors.NotSupported} If this Deno has no ChaCha20-Poly1305.
   */
  constructor(key: AgentKey, entropy: Entropy) {
    nodeCrypto();
    this.#key = key;
    this.#entropy = entropy;
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

  /**
   * Creates a session for a process, without starting it.
   *
   * @throws {Error} If there is no entropy, or iv_random is that of the last session.
   */
  createSession(pid: number): Session {
    const ivRandom = new Uint32Array(IV_RANDOM_WORDS);
    this.#entropy(ivRandom);
    if (ivRandom.every((word, i) => word === this.#ivRandom[i])) {
      throw new Error(
        "Cannot create a session: its iv_random is that of the last one",
      );
    }
    return { pid, ivRandom };
  }

  /** Starts a session with its first iv_counter. */
  begin({ pid, ivRandom }: Session, counter = 0): void {
    this.#pid = pid;
    this.#ivRandom.set(ivRandom);
    this.#counter = counter;
  }

  /**
   * Seals a frame. The iv_counter is used up, even if the datagram is not sent. A
   * new session begins if no iv_counter is left, or in another process, such as a
   * forked child.
   *
   * @throws {Error} If there is no entropy for a new session, or `node:crypto`
   * fails. Then the datagram must not be sent.
   */
  seal({ words: frame }: Message): void {
    const pid = frame[Word.PID];
    if (pid !== this.#pid || this.#counter > MAX_UINT32) {
      this.begin(this.createSession(pid));
    }
    this.words[this.#counterIndex] = this.#counter++;
    if (this.#key.isDerived) this.words[0] = pid;
    const cipher = nodeCrypto().createCipheriv(
      "chacha20-poly1305",
      this.#key.of(pid),
      this.#iv,
      CIPHER_OPTIONS,
    );
    cipher.setAAD(this.#aad, AAD_OPTIONS);
    this.#ciphertext.set(cipher.update(new Uint8Array(frame.buffer)));
    cipher.final();
    this.#tag.set(cipher.getAuthTag());
  }
}
