import { type System, system as thisSystem } from "./system.ts";

/** A `struct sockaddr` of any family, in as many bytes as it takes. */
export type SocketAddress = ReturnType<TextEncoder["encode"]>;

/**
 * An address of `length` bytes, whose family alone is written: behind a byte
 * that holds the length on the BSDs, in 16 bits elsewhere.
 *
 * @see `struct sockaddr` of `<sys/socket.h>`
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

/** The family of an address, an `AF_` constant of the system. */
export function familyOf(address: SocketAddress, system = thisSystem): number {
  return address[familyIndex(system)];
}

// sa_family has 8 bits behind a length, else 16, little-endian as on every machine
// that Deno runs on; and no family here is above 255.
function familyIndex({ hasSockaddrLength }: System): number {
  return hasSockaddrLength ? 1 : 0;
}

const encoder = new TextEncoder();

/**
 * The `struct sockaddr_un` of a path: the family, the path in UTF-8, and its
 * terminator.
 *
 * @see {@link https://man7.org/linux/man-pages/man7/unix.7.html unix(7)},
 * `<sys/un.h>`
 * @throws {TypeError} Where the path is empty, holds a NUL, or is not
 * well-formed Unicode.
 * @throws {RangeError} Where `sun_path` cannot hold it with its terminator.
 */
export function unixAddress(path: string, system = thisSystem): SocketAddress {
  if (path === "") {
    throw new TypeError("Cannot use an empty path as a socket address");
  }
  if (path.includes("\0")) {
    throw new TypeError(
      `Cannot use ${JSON.stringify(path)} as a socket address: it holds a NUL`,
    );
  }
  if (!path.isWellFormed()) {
    throw new TypeError(
      `Cannot use ${
        JSON.stringify(path)
      } as a socket address: it is not well-formed Unicode`,
    );
  }
  const name = encoder.encode(path);
  const longest = system.SUN_PATH_LENGTH - 1;
  if (name.length > longest) {
    throw new RangeError(
      `Cannot use ${
        JSON.stringify(path)
      } as a socket address: it is ${name.length} bytes long, and sun_path holds ${longest} and a terminator`,
    );
  }
  const length = 2 + name.length + 1;
  const address = createAddress(system.AF_UNIX, length, system);
  address.set(name, 2); // sun_path
  return address;
}

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

const decimalByte = /25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d/.source;
const ipv4 = RegExp(`^(?:(?:${decimalByte})\\.){3}(?:${decimalByte})$`);

/**
 * The 4 bytes of an IPv4 address, or the 16 of an IPv6 address, in network
 * order; `undefined` where `text` is neither.
 *
 * IPv4 is four decimal numbers and nothing else, as for inet_pton(3): `127.1`,
 * `0177.0.0.1` and `0x7f.0.0.1`, which inet_aton(3) and URLs take, are not said
 * by everybody to be the same host.
 *
 * @see {@link https://man7.org/linux/man-pages/man3/inet_pton.3.html inet_pton(3)},
 * RFC 4291, section 2.2
 */
export function parseIpAddress(text: string): number[] | undefined {
  return ipv4.test(text)
    ? text.split(".").map(Number)
    : parseIpv6(text)?.flatMap((group) => [group >> 8, group & 0xff]);
}

/** The eight groups of an IPv6 address. */
function parseIpv6(text: string): number[] | undefined {
  // A URL's host in brackets is an IPv6 address and nothing else. The letters
  // are looked at before, since a URL may end the brackets, and drops tabs.
  const url = `http://[${text}]/`;
  if (!/^[\d:.a-f]+$/i.test(text) || !URL.canParse(url)) return undefined;
  // What comes back is canonical: without an IPv4 tail, at most one "::".
  const [head, tail] = new URL(url).hostname.slice(1, -1).split("::")
    .map((groups) => groups.split(":").filter((group) => group !== ""));
  const zeros = tail ? Array(8 - head.length - tail.length).fill("0") : [];
  return [...head, ...zeros, ...tail ?? []].map((group) => parseInt(group, 16));
}
