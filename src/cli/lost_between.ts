import { NONCE_TERMINAL } from "../frame/_layout.ts";
import type { Frame } from "../frame/frame.ts";
import { protocolOf } from "../frame/_protocol.ts";

/**
 * How many beats of an agent are lost between two that have come, by their
 * nonces. One that does not go up is an agent's that began anew: nobody knows
 * what is lost of it.
 */
export function lostBetween(before: Frame, after: Frame): bigint {
  // The terminal nonce counts nothing: behind it an agent begins anew.
  if (
    before.nonce === NONCE_TERMINAL || after.nonce === NONCE_TERMINAL
  ) return 0n;
  let step = after.nonce - before.nonce;
  // Serial number arithmetic, as RFC 1982 has it: of the two ways round, the
  // shorter one.
  if (protocolOf(after.version)!.nonceWraps && step < -NONCE_TERMINAL / 2n) {
    step += NONCE_TERMINAL;
  }
  return step > 0n ? step - 1n : 0n;
}
