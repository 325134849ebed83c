import { checkResult, type SystemFailure } from "./failure.ts";
import { openFunctions } from "./library.ts";
import { libc } from "./libc.ts";
import type { Words } from "./message.ts";

/**
 * Fills the words with unpredictable values from the system, up to 256 bytes. The
 * functions of `crypto` repeat theirs under `deno run --seed`.
 *
 * @see {@link https://man7.org/linux/man-pages/man3/getentropy.3.html getentropy(3)}
 * @returns The failure, if any.
 */
export function fillWithEntropy(into: Words): SystemFailure | undefined {
  libc(); // opens errno before the call
  const { getentropy } = openFunctions("getentropy");
  const length = BigInt(into.byteLength);
  return checkResult("getentropy", getentropy(into, length));
}
