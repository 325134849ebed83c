import { libc } from "../../ffi/libc.ts";
import type { Memory, MemoryView, Message } from "../../ffi/memory.ts";
import type { AgentKey } from "./_agent_key.ts";
import type { BeatFrame } from "../agent/_frame_writer.ts";
import {
  FRAME_LENGTH,
  FRAME_WORDS,
  MaxUint32,
  Word,
} from "../frame/_layout.ts";
import { nodeCrypto } from "./_node_crypto.ts";

const WORD_LENGTH = Uint32Array.BYTES_PER_ELEMENT;
const TAG_WORDS = 4;
const IV_RANDOM_WORDS = 2;

// Made once, where each beat would otherwise make its own.
const cipherOptions = { authTagLength: TAG_WORDS * WORD_LENGTH };
const aadOptions = { plaintextLength: FRAME_LENGTH };

/** Fills the words with what nobody can foretell, or throws. */
export type Entropy = (into: MemoryView) => void;

/** What makes the beats of a process differ from all others under one key. */
export interface Session {
  readonly pid: number;
  readonly ivRandom: Uint32Array;
}

/**
 * An agent's own sealed datagram, which every beat seals anew: the pid where
 * the key is derived for it, iv_random, iv_counter, ciphertext and tag.
 *
 * @see RFC 8439, section 2.8
 */
export class SealedFrame implements Message {
  /** The datagram, as it goes on the wire. */
  readonly words: MemoryView;
  readonly memory: Memory;
  /** The length in bytes, as the system call takes it. */
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
  readonly #plainWords = new Uint32Array(FRAME_WORDS);
  readonly #plaintext = new Uint8Array(this.#plainWords.buffer);
  /** The process whose session it is; 0 before the first. */
  #pid = 0;
  /** The iv_counter of the next beat; one above the greatest where none is left. */
  #counter = 0;

  /**
   * @throws {Deno.errors.NotSupported} Where there is nothing to seal with.
   *
   * @param key The key, which is its owner's to wipe.
   * @param entropy Where each iv_random comes from.
   */
  constructor(key: AgentKey, entropy: Entropy) {
    nodeCrypto();
    this.#key = key;
    this.#entropy = entropy;
    const ivBegin = key.isDerived ? 1 : 0;
    const ivEnd = ivBegin + IV_RANDOM_WORDS + 1;
    const tagBegin = ivEnd + FRAME_WORDS;
    const end = tagBegin + TAG_WORDS;
    const words = new Uint32Array(end);
    const octets = new Uint8Array(words.buffer);
    const bytes = (begin: number, end: number) =>
      octets.subarray(begin * WORD_LENGTH, end * WORD_LENGTH);
    this.words = words;
    this.#ivRandom = words.subarray(ivBegin, ivBegin + IV_RANDOM_WORDS);
    this.#counterIndex = ivBegin + IV_RANDOM_WORDS;
    this.#aad = bytes(0, ivBegin);
    this.#iv = bytes(ivBegin, ivEnd);
    this.#ciphertext = bytes(ivEnd, tagBegin);
    this.#tag = bytes(tagBegin, end);
    this.length = BigInt(octets.length);
    this.memory = libc().memoryOf(words, 0, end);
  }

  /**
   * Makes a session for a process, which does not begin by that.
   *
   * @throws {Error} Where entropy fails, or says the same once more.
   */
  createSession(pid: number): Session {
    const ivRandom = new Uint32Array(IV_RANDOM_WORDS);
    this.#entropy(ivRandom);
    if (ivRandom.every((word, i) => word === this.#ivRandom[i])) {
      throw new Error(
        "Cannot begin a session: its iv_random is the last one's",
      );
    }
    return { pid, ivRandom };
  }

  /** Begins a session, by default with the first iv_counter there is. */
  begin({ pid, ivRandom }: Session, counter = 0): void {
    this.#pid = pid;
    this.#ivRandom.set(ivRandom);
    this.#counter = counter;
  }

  /**
   * Seals a beat, under an iv_counter that is spent whatever becomes of it. A
   * session of another process, as in a forked child, and one with no counter
   * left is followed by a new one.
   *
   * @throws {Error} Where that needs entropy, and there is none; or where
   * `node:crypto` fails. Then the datagram must not be sent.
   */
  seal({ words, begin }: BeatFrame): void {
    const pid = words[begin + Word.Pid];
    if (pid !== this.#pid || this.#counter > MaxUint32) {
      this.begin(this.createSession(pid));
    }
    this.words[this.#counterIndex] = this.#counter++;
    if (this.#key.isDerived) this.words[0] = pid;
    // The frame's own bytes would need a view, which only sealed agents use.
    for (let i = 0; i < FRAME_WORDS; i++) {
      this.#plainWords[i] = words[begin + i];
    }
    const cipher = nodeCrypto().createCipheriv(
      "chacha20-poly1305",
      this.#key.of(pid),
      this.#iv,
      cipherOptions,
    );
    cipher.setAAD(this.#aad, aadOptions);
    this.#ciphertext.set(cipher.update(this.#plaintext));
    cipher.final();
    this.#tag.set(cipher.getAuthTag());
  }
}
