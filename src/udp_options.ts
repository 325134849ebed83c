import type { ConnectOptions } from "./connect_options.ts";

/**
 * How an agent connects over UDP, plain or sealed.
 *
 * @example
 * ```ts no-assert
 * import type { UdpOptions } from "@varta/client";
 *
 * const options: UdpOptions = { reconnectAfter: 3 };
 * ```
 */
export interface UdpOptions extends Pick<ConnectOptions, "reconnectAfter"> {
  /**
   * The version of the protocol: over UDP there is only 2.
   *
   * @default {2}
   */
  version?: 2;
}
