import { parseIpAddress } from "./ip_address.ts";
import { createAddress, type SocketAddress } from "./socket_address.ts";
import { system as thisSystem } from "./system.ts";

/**
 * The `struct sockaddr_in` of an IPv4 address, or the `struct sockaddr_in6` of
 * an IPv6 address, with its flow label and its scope 0.
 *
 * @see {@link https://man7.org/linux/man-pages/man7/ip.7.html ip(7)},
 * {@link https://man7.org/linux/man-pages/man7/ipv6.7.html ipv6(7)},
 * `<netinet/in.h>`, `<netinet6/in6.h>`
 * @throws {TypeError} Where `hostname` is not a numeric address.
 *
 * @param port An integer from 0 to 65535.
 */
export function inetAddress(
  hostname: string,
  port: number,
  system = thisSystem,
): SocketAddress {
  const host = parseIpAddress(hostname);
  if (host === undefined) {
    throw new TypeError(
      `Cannot use ${
        JSON.stringify(hostname)
      } as a socket address: it must be a numeric IPv4 or IPv6 address, without a zone; a name would have to be resolved, which blocks`,
    );
  }
  const isIpv6 = host.length === 16;
  const address = isIpv6
    ? createAddress(system.AF_INET6, 28, system)
    : createAddress(system.AF_INET, 16, system);
  address.set([port >> 8, port & 0xff], 2); // sin_port, sin6_port
  address.set(host, isIpv6 ? 8 : 4); // sin6_addr, behind sin6_flowinfo; sin_addr
  return address;
}
