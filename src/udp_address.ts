/**
 * Where an observer receives over UDP, by a numeric IPv4 or IPv6 address: a
 * name would have to be resolved, which blocks.
 *
 * @example
 * ```ts no-assert
 * import type { UdpAddress } from "@varta/client";
 *
 * const addresses: UdpAddress[] = [
 *   "192.0.2.1:9000",
 *   "[2001:db8::1]:9000",
 *   { hostname: "2001:db8::1", port: 9000 },
 * ];
 * ```
 */
export type UdpAddress = string | {
  /** `"192.0.2.1"` or `"2001:db8::1"`, for example. */
  readonly hostname: string;
  /** An integer from 1 to 65535. */
  readonly port: number;
};
