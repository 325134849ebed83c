import type { Status } from "./status.ts";

/**
 * A version of the Varta Lifeline Protocol: `varta-watch` 0.1.0 speaks version 1,
 * and 0.2.0 speaks version 2.
 */
export type VlpVersion = 1 | 2;

/** The content of a beat: the fields of the 32 bytes on the wire. */
export interface Frame {
  /** The version of the protocol. */
  version: VlpVersion;
  /** The health that the agent reports. */
  status: Status;
  /** The process id of the agent, 32 bits; at least 2 in version 2. */
  pid: number;
  /**
   * Nanoseconds of the agent's monotonic clock, 64 bits: in version 1 since it
   * connected, in version 2 of the system's clock itself, below 2^64 − 1.
   */
  timestamp: bigint;
  /**
   * The number of the beat, 64 bits. `NONCE_TERMINAL` marks the last frame of an
   * agent whose process is ending.
   */
  nonce: bigint;
  /** A number that the agent chose: 64 bits in version 1, 32 in version 2. */
  payload: bigint;
}

/** The length of a frame in bytes. */
export const FRAME_LENGTH = 32;

/** The first two bytes of every frame: `VA` in ASCII. */
export const MAGIC: readonly [0x56, 0x41] = Object.freeze([0x56, 0x41]);

/**
 * The nonce of the last frame of an agent whose process is ending, 2^64 − 1. No
 * ordinary beat carries it.
 */
export const NONCE_TERMINAL: bigint = 0xffff_ffff_ffff_ffffn;
