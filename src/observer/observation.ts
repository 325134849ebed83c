import type { DecodeErrorReason } from "../frame/decode_frame.ts";
import type { Frame } from "../frame/frame.ts";

/**
 * Who sent a datagram, as the observer's kernel reports it.
 *
 * @see {@link https://man7.org/linux/man-pages/man7/unix.7.html unix(7)},
 * `SCM_CREDENTIALS`
 */
export interface Peer {
  /**
   * The process id in the observer's pid namespace. It is 0 for a process outside
   * of that namespace, so every frame of such a process is a `"PidMismatch"`.
   */
  readonly pid: number;
  /** The user id of the process. */
  readonly uid: number;
  /** The group id of the process. */
  readonly gid: number;
}

/** A beat that was received. */
export interface Beat {
  /** Tells a beat from a rejection. */
  readonly kind: "beat";
  /** The content of the beat. */
  readonly frame: Frame;
  /** Who sent it; absent if the system does not report it. Linux does. */
  readonly peer?: Peer;
}

/** A datagram that was received and is not a beat. */
export interface Rejection {
  /** Tells a rejection from a beat. */
  readonly kind: "rejected";
  /**
   * The first check of the protocol that the datagram failed, or else:
   * - `"PidMismatch"`: a frame with another pid than that of its sender.
   * - `"OutOfOrder"`: an ordinary frame whose nonce is not above the last one of
   *   its pid. `varta-watch` ignores such a beat. In version 2, if the last nonce
   *   was at most 2^20 below 2^64 − 1 and the new one is below 2^20, the count has
   *   begun again, and the frame is a beat. The last nonces of at least 16,384 pids
   *   are remembered.
   *
   * The nonce of a terminal frame is 2^64 − 1, so after one `varta-watch` ignores
   * the ordinary frames of that pid, except for a count that begins again.
   * `varta-watch` 0.3.0 orders terminal frames of version 2 apart from the others
   * ({@linkcode ObserverOptions.release}): the ordinary frames go on, and another
   * terminal frame is out of order unless its timestamp is above that of the last.
   */
  readonly reason: DecodeErrorReason | "PidMismatch" | "OutOfOrder";
  /** The datagram, or the first 64 bytes of a longer one. */
  readonly bytes: Uint8Array;
  /** Who sent it; absent if the system does not report it. Linux does. */
  readonly peer?: Peer;
}

/** What an observer receives: a beat, or a datagram that is not one. */
export type Observation = Beat | Rejection;

/** A change that {@linkcode Observer.stalls} reports about an agent. */
export interface StallChange {
  /**
   * - `"stalled"`: no beat was received for the threshold.
   * - `"returned"`: a beat of an agent that was stalled or had ended was received.
   * - `"ended"`: the terminal frame of the agent was received, so its silence is
   *   not a stall.
   */
  readonly kind: "stalled" | "returned" | "ended";
  /** The process id of the agent. */
  readonly pid: number;
  /** The last frame that was received from the agent. */
  readonly last: Frame;
  /**
   * The time without a frame from the agent, in ms: until now for `"stalled"`, and
   * otherwise until the last frame.
   */
  readonly silence: number;
}
