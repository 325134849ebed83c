/**
 * The key that beats are sealed with, of which an agent takes a copy: the one
 * that all agents and the observer share, or the observer's master key, from
 * which each agent derives a key for its own pid.
 *
 * @example
 * ```ts no-assert
 * import type { SecureUdpKey } from "@varta/client";
 *
 * const key = new Uint8Array(32);
 * crypto.getRandomValues(key);
 *
 * const shared: SecureUdpKey = { key };
 * const master: SecureUdpKey = { masterKey: key };
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
