import { protocolOf } from "../frame/_protocol.ts";
import { type Frame, NONCE_TERMINAL } from "../frame/frame.ts";

/** How many pids are remembered at least, and at most twice as many. */
const MIN_PIDS = 16_384;

/** How close to its ends a count must be to have begun again. */
const WRAP_DISTANCE = 2n ** 20n;

/**
 * Finds the frames that `varta-watch` ignores because of their nonces. It accepts
 * every terminal frame, although `varta-watch` counts only the first of a pid: the
 * others say the same.
 */
export class NonceOrder {
  // The last nonces of pids. If the recent ones are enough, the others are dropped.
  #recent = new Map<number, bigint>();
  #others = new Map<number, bigint>();

  /**
   * Notes a frame.
   *
   * @returns Whether the frame is in order. One that is not changes nothing.
   */
  accept({ version, pid, nonce }: Frame): boolean {
    const last = this.#recent.get(pid) ?? this.#others.get(pid) ?? -1n;
    const isWrap = protocolOf(version).nonceWraps && nonce < WRAP_DISTANCE &&
      last >= NONCE_TERMINAL - WRAP_DISTANCE;
    if (nonce <= last && nonce !== NONCE_TERMINAL && !isWrap) return false;
    this.#recent.set(pid, nonce);
    if (this.#recent.size === MIN_PIDS) {
      this.#others = this.#recent;
      this.#recent = new Map();
    }
    return true;
  }
}
