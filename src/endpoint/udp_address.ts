/**
 * Where an observer receives over UDP, by a numeric IPv4 or IPv6 address: a
 * name would have to be resolved, which blocks. As a string it is
 * `"192.0.2.1:9000"` or, with brackets, `"[2001:db8::1]:9000"`.
 *
 * @example
 * ```ts
 * import { Status, type UdpAddress, Varta } from "@varta/client";
 * import { assertEquals } from "@std/assert";
 *
 * const addresses: UdpAddress[] = [
 *   "127.0.0.1:9000",
 *   { hostname: "127.0.0.1", port: 9000 },
 * ];
 * for (const address of addresses) {
 *   using agent = Varta.connectUdp(address);
 *   assertEquals(agent.beat(Status.Ok), { kind: "sent" });
 * }
 * ```
 */
export type UdpAddress = string | {
  /** `"192.0.2.1"` or `"2001:db8::1"`, for example. */
  readonly hostname: string;
  /** An integer from 1 to 65535. */
  readonly port: number;
};
