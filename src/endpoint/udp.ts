import { DatagramSocket } from "../../ffi/datagram_socket.ts";
import type { SystemError, SystemFailure } from "../../ffi/failure.ts";
import { inetAddress } from "../../ffi/socket_address.ts";
import { checkInteger, describeType } from "../_invalid_option.ts";
import type { VlpVersion } from "../frame/frame.ts";
import { type Causes, type Endpoint, socketError } from "./_endpoint.ts";

/**
 * The UDP address of an observer: a numeric IPv4 or IPv6 address and a port.
 * Resolving a name would block. A string looks like `"192.0.2.1:9000"` or
 * `"[2001:db8::1]:9000"`.
 */
export type UdpAddress = string | {
  /** For example `"192.0.2.1"` or `"2001:db8::1"`. */
  readonly hostname: string;
  /** An integer from 1 to 65535. */
  readonly port: number;
};

const causes: Causes = {
  EACCES:
    "it is a broadcast address, which is not supported, or a rule of this host forbids it: correct the address or the rule",
  EADDRNOTAVAIL:
    "this host has no address of that family to send from: add one, or correct the address",
  EAFNOSUPPORT:
    "this system does not support this version of IP: use an address of the other one",
  EAGAIN: "this host has no free port to send from: close some sockets",
  EHOSTUNREACH: "there is no route: add one, or correct the address",
  EINVAL:
    "the system cannot send there, for example because an IPv6 address needs a zone: correct the address",
  EIO: "the system has no entropy to seal beats with",
  ENETUNREACH: "there is no route: add one, or correct the address",
  EPERM: "a rule of this host forbids it: correct the rule",
};

const VERSIONS: readonly VlpVersion[] = [2];

/** The UDP port of an observer, by its numeric address. */
export class UdpEndpoint extends DatagramSocket implements Endpoint {
  readonly versions = VERSIONS;
  readonly canBeLazy = false;
  readonly #text: string;

  /**
   * @throws {TypeError} If the address has another form, or is not numeric.
   * @throws {RangeError} If its port is not an integer from 1 to 65535.
   */
  constructor(address: UdpAddress) {
    const { hostname, port } = parseAddress(address);
    super(inetAddress(hostname, port));
    const host = hostname.includes(":") ? `[${hostname}]` : hostname;
    this.#text = `${host}:${port}`;
  }

  errorFor(failure: SystemFailure): SystemError {
    return socketError(failure, "connect", `${this}`, causes);
  }

  override toString(): string {
    return JSON.stringify(this.#text);
  }
}

const MAX_PORT = 65535;

interface HostAndPort {
  readonly hostname: string;
  readonly port: number;
}

function parseAddress(address: UdpAddress): HostAndPort {
  const { hostname, port } = typeof address === "string"
    ? parseText(address)
    : checkFields(address);
  const action = `connect to ${JSON.stringify(hostname)}`;
  checkInteger(action, "port", port, 1, MAX_PORT);
  return { hostname, port };
}

function parseText(text: string): HostAndPort {
  const match = /^(?:\[([^\]]*:[^\]]*)\]|([^:[\]]+)):(0|[1-9]\d*)$/.exec(text);
  if (match === null) {
    throw new TypeError(
      `Cannot connect to ${
        JSON.stringify(text)
      }: the address must look like "127.0.0.1:9000" or "[::1]:9000"`,
    );
  }
  return { hostname: match[1] ?? match[2], port: Number(match[3]) };
}

function checkFields(address: Exclude<UdpAddress, string>): HostAndPort {
  if (typeof address !== "object" || address === null) {
    throw new TypeError(
      `Cannot connect: address must be a string, or an object with hostname and port: received ${
        describeType(address)
      }`,
    );
  }
  const { hostname, port } = address;
  if (typeof hostname !== "string" || typeof port !== "number") {
    throw new TypeError(
      `Cannot connect: hostname must be a string, and port a number: received ${
        describeType(hostname)
      } and ${describeType(port)}`,
    );
  }
  return { hostname, port };
}
