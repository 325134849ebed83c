import { DatagramSocket } from "../../ffi/datagram_socket.ts";
import { type SocketAddress, unixAddress } from "../../ffi/socket_address.ts";
import type { SystemError, SystemFailure } from "../../ffi/failure.ts";
import { type Causes, type Endpoint, socketError } from "./_endpoint.ts";
import { socketPath } from "./_socket_path.ts";
import type { VlpVersion } from "../frame/vlp_version.ts";

/** The causes that a user meets, each with what to do about it. */
const causes: Causes = {
  EACCES:
    "permission is denied: it takes the right to write to the socket and to search its directories",
  ECONNREFUSED:
    "nothing receives there: start the observer, or correct the path where it is not the observer's socket",
  ENOENT: "there is no such file: start the observer, or correct the path",
  EPROTOTYPE:
    "the socket there is not a datagram socket, so not an observer's: correct the path",
};

/** An observer's Unix datagram socket, by its path. */
export class UnixEndpoint implements Endpoint {
  readonly versions: readonly VlpVersion[] = [1, 2];
  readonly #path: string;
  readonly #address: SocketAddress;

  /**
   * @throws {TypeError} Where `path` is neither a string nor a `file:` URL, is
   * empty, or holds a NUL.
   * @throws {RangeError} Where it is too long for a socket address.
   */
  constructor(path: string | URL) {
    this.#path = socketPath(path, "connect");
    this.#address = unixAddress(this.#path);
  }

  open(): DatagramSocket | SystemFailure {
    return DatagramSocket.connect(this.#address);
  }

  errorFor(failure: SystemFailure): SystemError {
    return socketError(failure, "connect", `${this}`, causes);
  }

  close(): void {}

  toString(): string {
    return JSON.stringify(this.#path);
  }
}
