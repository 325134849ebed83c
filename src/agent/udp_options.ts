import type { ConnectOptions } from "./connect_options.ts";

/**
 * How an agent connects over UDP, plain or sealed.
 *
 * @example
 * ```ts
 * import { Status, type UdpOptions, Varta } from "@varta/client";
 * import { assertEquals } from "@std/assert";
 *
 * const options: UdpOptions = { reconnectAfter: 1 };
 * using agent = Varta.connectUdp("127.0.0.1:9000", options);
 * assertEquals(agent.beat(Status.Ok), { kind: "sent" });
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
