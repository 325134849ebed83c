/**
 * A version of the Varta Lifeline Protocol: `varta-watch` 0.1.0 speaks 1, and
 * 0.2.0 speaks 2.
 *
 * @example
 * ```ts
 * import { decodeFrame, encodeFrame, Status, type VlpVersion } from "@varta/client";
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = new Uint8Array(32);
 * const versions: VlpVersion[] = [1, 2];
 * for (const version of versions) {
 *   const rest = { pid: 4242, timestamp: 0n, nonce: 1n, payload: 7n };
 *   encodeFrame({ version, status: Status.Ok, ...rest }, bytes);
 *   assertEquals(decodeFrame(bytes).version, version);
 * }
 * ```
 */
export type VlpVersion = 1 | 2;
