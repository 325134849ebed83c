/**
 * The key that beats are sealed with, of which an agent takes a copy: the one
 * that all agents and the observer share, or the observer's master key, from
 * which each agent derives a key for its own pid.
 *
 * @example
 * ```ts
 * import { type SecureUdpKey, Varta } from "@varta/client";
 * import { assertThrows } from "@std/assert";
 *
 * const keys: SecureUdpKey[] = [
 *   { key: new Uint8Array(31) },
 *   { masterKey: new Uint8Array(33) },
 * ];
 * for (const key of keys) {
 *   assertThrows(
 *     () => Varta.connectSecureUdp("127.0.0.1:9000", key),
 *     RangeError,
 *     "it must have 32 bytes",
 *   );
 * }
 * ```
 */
export type SecureUdpKey =
  | {
    /** The 32 bytes of `varta-watch --key-file`. */
    readonly key: Uint8Array;
    readonly masterKey?: undefined;
  }
  | {
    /** The 32 bytes of `varta-watch --master-key-file`. */
    readonly masterKey: Uint8Array;
    readonly key?: undefined;
  };
