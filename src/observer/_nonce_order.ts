import { protocolOf } from "../frame/_protocol.ts";
import { type Frame, NONCE_TERMINAL } from "../frame/frame.ts";

/** A release of `varta-watch` that orders frames of version 2 by a rule of its own. */
export type Release = "0.2.0" | "0.3.0";

/** How many pids are remembered at least, and at most twice as many. */
const MIN_PIDS = 16_384;

/** How close to its ends a count must be to have begun again. */
const WRAP_DISTANCE = 2n ** 20n;

/** A number for each of many pids. */
class LatestOfPids {
  // If the recent ones are enough, the others are dropped.
  #recent = new Map<number, bigint>();
  #others = new Map<number, bigint>();

  /** Returns the number of a pid, -1 if there is none. */
  get(pid: number): bigint {
    return this.#recent.get(pid) ?? this.#others.get(pid) ?? -1n;
  }

  set(pid: number, value: bigint): void {
    this.#recent.set(pid, value);
    if (this.#recent.size < MIN_PIDS) return;
    this.#others = this.#recent;
    this.#recent = new Map();
  }
}

/**
 * Finds the frames that `varta-watch` ignores because of their order. By the rule of
 * 0.2.0, it accepts every terminal frame, although `varta-watch` counts only the
 * first of a pid: the others say the same.
 */
export class NonceOrder {
  readonly #nonces = new LatestOfPids();
  /** The timestamps of the terminal frames, if these have an order of their own. */
  readonly #terminals: LatestOfPids | undefined;

  constructor(release: Release = "0.2.0") {
    if (release === "0.3.0") this.#terminals = new LatestOfPids();
  }

  /**
   * Notes a frame.
   *
   * @returns Whether the frame is in order. One that is not changes nothing.
   */
  accept({ version, pid, nonce, timestamp }: Frame): boolean {
    const { nonceWraps } = protocolOf(version);
    const isTerminal = nonce === NONCE_TERMINAL;
    // Version 1 is that of varta-watch 0.1.0, which has the rule of 0.2.0.
    if (isTerminal && nonceWraps && this.#terminals !== undefined) {
      if (timestamp <= this.#terminals.get(pid)) return false;
      this.#terminals.set(pid, timestamp);
      return true;
    }
    const last = this.#nonces.get(pid);
    const isWrap = nonceWraps && nonce < WRAP_DISTANCE &&
      last >= NONCE_TERMINAL - WRAP_DISTANCE;
    if (nonce <= last && !isTerminal && !isWrap) return false;
    this.#nonces.set(pid, nonce);
    return true;
  }
}
