import { type System, system as thisSystem } from "./system.ts";

/** A `struct sockaddr` of any family, exactly as long as it must be. */
export type SocketAddress = ReturnType<TextEncoder["encode"]>;

/**
 * Creates an address of `length` bytes with its family: after a byte for the
 * length on the BSDs and macOS, in 16 bits on the other systems.
 *
 * @see `struct sockaddr` in `<sys/socket.h>`
 */
function createAddress(
  family: number,
  length: number,
  system: System,
): SocketAddress {
  const address = new Uint8Array(length);
  if (system.hasSockaddrLength) address[0] = length; // sa_len
  address[familyIndex(system)] = family;
  return address;
}

/** Returns the family of an address, an `AF_` constant of the system. */
export function familyOf(address: SocketAddress, system = thisSystem): number {
  return address[familyIndex(system)];
}

// sa_family has 8 bits after a length, otherwise 16 in little-endian order. No
// family used here is above 255.
function familyIndex({ hasSockaddrLength }: System): number {
  return hasSockaddrLength ? 1 : 0;
}

const SUN_PATH = 2; // offsetof(struct sockaddr_un, sun_path)
const encoder = new TextEncoder();

/**
 * Creates the `struct sockaddr_un` of a path: the family, the path in UTF-8, and
 * a terminating NUL.
 *
 * @see {@link https://man7.org/linux/man-pages/man7/unix.7.html unix(7)},
 * `<sys/un.h>`
 * @throws {TypeError} If the path is empty, contains a NUL, or is not well-formed
 * Unicode.
 * @throws {RangeError} If the path and its terminator do not fit into `sun_path`.
 */
export function unixAddress(path: string, system = thisSystem): SocketAddress {
  const name = encodeName(path, system.SUN_PATH_LENGTH - 1);
  const length = SUN_PATH + name.length + 1;
  const address = createAddress(system.AF_UNIX, length, system);
  address.set(name, SUN_PATH);
  return address;
}

/**
 * Creates the `struct sockaddr_un` of a name in Linux's abstract namespace: the
 * family, a NUL, and the name in UTF-8. The end of the address ends the name.
 *
 * @see {@link https://man7.org/linux/man-pages/man7/unix.7.html unix(7)}
 * @throws {TypeError} If the name is empty, contains a NUL, or is not well-formed
 * Unicode.
 * @throws {RangeError} If the name and the NUL do not fit into `sun_path`.
 *
 * @param name The name without its leading NUL.
 */
export function abstractAddress(
  name: string,
  system = thisSystem,
): SocketAddress {
  const encoded = encodeName(name, system.SUN_PATH_LENGTH - 1);
  const length = SUN_PATH + 1 + encoded.length;
  const address = createAddress(system.AF_UNIX, length, system);
  address.set(encoded, SUN_PATH + 1);
  return address;
}

function encodeName(name: string, maxLength: number): SocketAddress {
  const cannotUse = `Cannot use ${JSON.stringify(name)} as a socket address`;
  if (name === "") throw new TypeError(`${cannotUse}: it is empty`);
  if (name.includes("\0")) {
    throw new TypeError(`${cannotUse}: it contains a NUL`);
  }
  if (!name.isWellFormed()) {
    throw new TypeError(`${cannotUse}: it is not well-formed Unicode`);
  }
  const encoded = encoder.encode(name);
  if (encoded.length > maxLength) {
    throw new RangeError(
      `${cannotUse}: it is ${encoded.length} bytes long, and at most ${maxLength} are possible: choose a shorter path`,
    );
  }
  return encoded;
}

/**
 * Creates the `struct sockaddr_in` of an IPv4 address, or the
 * `struct sockaddr_in6` of an IPv6 address with flow label and scope 0.
 *
 * @see {@link https://man7.org/linux/man-pages/man7/ip.7.html ip(7)},
 * {@link https://man7.org/linux/man-pages/man7/ipv6.7.html ipv6(7)},
 * `<netinet/in.h>`, `<netinet6/in6.h>`
 * @throws {TypeError} If `hostname` is not a numeric address.
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
      } as a socket address: it must be a numeric IPv4 or IPv6 address without a zone, because resolving a name would block`,
    );
  }
  const isIpv6 = host.length === 16;
  const address = isIpv6
    ? createAddress(system.AF_INET6, 28, system)
    : createAddress(system.AF_INET, 16, system);
  address.set([port >> 8, port & 0xff], 2); // sin_port, sin6_port
  address.set(host, isIpv6 ? 8 : 4); // sin6_addr, after sin6_flowinfo; sin_addr
  return address;
}

const DECIMAL_BYTE = /25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d/.source;
const IPV4 = RegExp(`^(?:(?:${DECIMAL_BYTE})\\.){3}(?:${DECIMAL_BYTE})$`);

/**
 * Parses a numeric IP address.
 *
 * An IPv4 address is four decimal numbers, as for inet_pton(3). `127.1`,
 * `0177.0.0.1` and `0x7f.0.0.1` are refused, because not all programs read them
 * as the same host.
 *
 * @see {@link https://man7.org/linux/man-pages/man3/inet_pton.3.html inet_pton(3)},
 * RFC 4291, section 2.2
 * @returns The 4 bytes of an IPv4 address or the 16 bytes of an IPv6 address in
 * network order; `undefined` if `text` is neither.
 */
export function parseIpAddress(text: string): number[] | undefined {
  return IPV4.test(text)
    ? text.split(".").map(Number)
    : parseIpv6(text)?.flatMap((group) => [group >> 8, group & 0xff]);
}

/** Returns the eight groups of an IPv6 address. */
function parseIpv6(text: string): number[] | undefined {
  // The host of a URL in brackets is always an IPv6 address. The characters are
  // checked first, because a URL may close the brackets early and ignores tabs.
  const url = `http://[${text}]/`;
  if (!/^[\d:.a-f]+$/i.test(text) || !URL.canParse(url)) return undefined;
  // The result is canonical: no IPv4 part, at most one "::".
  const [head, tail] = new URL(url).hostname.slice(1, -1).split("::")
    .map((groups) => groups.split(":").filter((group) => group !== ""));
  const zeros = tail ? Array(8 - head.length - tail.length).fill("0") : [];
  return [...head, ...zeros, ...tail ?? []].map((group) => parseInt(group, 16));
}
