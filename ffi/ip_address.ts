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
