/** The length of a frame, in bytes. */
export const FRAME_LENGTH = 32;

/** The first two bytes of every frame: `VA` in ASCII. */
export const MAGIC: readonly [0x56, 0x41] = Object.freeze([0x56, 0x41]);

/**
 * The nonce of the last frame of an agent that is dying, 2^64 − 1. No ordinary
 * beat carries it.
 */
export const NONCE_TERMINAL: bigint = 0xffff_ffff_ffff_ffffn;
