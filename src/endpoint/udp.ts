import { DatagramSocket } from "../../ffi/datagram_socket.ts";
import { inetAddress, type SocketAddress } from "../../ffi/socket_address.ts";
import type { SystemError, SystemFailure } from "../../ffi/failure.ts";
import {
  type BeatSocket,
  type Causes,
  describeType,
  type Endpoint,
  socketError,
} from "./_endpoint.ts";
import type { UdpAddress } from "./udp_address.ts";
import type { VlpVersion } from "../frame/vlp_version.ts";

const causes: Causes = {
  EACCES:
    "it is a broadcast address, which no agent beats to, or a rule of this host forbids it: correct the address or the rule",
  EADDRNOTAVAIL:
    "this host has no address to send from: give it one of the same family, or correct the address",
  EAFNOSUPPORT:
    "this system does not speak this version of IP: use an address of the other one",
  EAGAIN: "this host has no port left to send from: close some sockets",
  EHOSTUNREACH: "no route leads there: mend the route, or correct the address",
  EINVAL:
    "the system cannot send there, as with an IPv6 address that means nothing without a zone: correct the address",
  EIO: "the system gave no entropy to seal beats with",
  ENETUNREACH: "no route leads there: mend the route, or correct the address",
  EPERM: "a rule of this host forbids it: mend the rule",
};

/** An observer's UDP port, by its numeric address. */
export class UdpEndpoint implements Endpoint {
  readonly versions: readonly VlpVersion[] = [2];
  readonly #address: ResolvedAddress;

  /**
   * @throws {TypeError} Where the address is of another form, or not numeric.
   * @throws {RangeError} Where its port is not an integer from 1 to 65535.
   */
  constructor(address: UdpAddress) {
    this.#address = resolve(address);
  }

  open(): BeatSocket | SystemFailure {
    return this.connect();
  }

  protected connect(): DatagramSocket | SystemFailure {
    return DatagramSocket.connect(this.#address.socketAddress);
  }

  errorFor(failure: SystemFailure): SystemError {
    return socketError(failure, "connect", `${this}`, causes);
  }

  close(): void {}

  toString(): string {
    return JSON.stringify(this.#address.text);
  }
}

/** An address as it is written, and as the system takes it. */
interface ResolvedAddress {
  readonly text: string;
  readonly socketAddress: SocketAddress;
}

const MaxPort = 65535;

/**
 * Reads an address.
 *
 * @throws {TypeError} Where it is of another form, or not numeric.
 * @throws {RangeError} Where the port is not an integer from 1 to 65535.
 */
function resolve(address: UdpAddress): ResolvedAddress {
  const { hostname, port } = typeof address === "string"
    ? split(address)
    : fieldsOf(address);
  if (!Number.isInteger(port) || port < 1 || port > MaxPort) {
    throw new RangeError(
      `Cannot connect to ${
        JSON.stringify(hostname)
      }: port must be an integer from 1 to ${MaxPort}: received ${port}`,
    );
  }
  const socketAddress = inetAddress(hostname, port);
  const host = hostname.includes(":") ? `[${hostname}]` : hostname;
  return { text: `${host}:${port}`, socketAddress };
}

function split(text: string): { hostname: string; port: number } {
  const match = /^(?:\[([^\]]*:[^\]]*)\]|([^:[\]]+)):(0|[1-9]\d*)$/.exec(text);
  if (match === null) {
    throw new TypeError(
      `Cannot connect to ${
        JSON.stringify(text)
      }: the address must be like "127.0.0.1:9000" or "[::1]:9000"`,
    );
  }
  return { hostname: match[1] ?? match[2], port: Number(match[3]) };
}

/** The fields of what untyped callers may make of anything. */
function fieldsOf(address: Exclude<UdpAddress, string>) {
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
