import { DatagramSocket } from "../ffi/datagram_socket.ts";
import { errnoName } from "../ffi/errno_name.ts";
import { type SystemError, systemError } from "../ffi/system_error.ts";
import type { SystemFailure } from "../ffi/system_failure.ts";
import { type SocketAddress, unixAddress } from "../ffi/unix_address.ts";
import type { Endpoint } from "./endpoint.ts";

/** The causes that a user meets, each with what to do about it. */
const causes: Record<string, string> = {
  EACCES:
    "permission is denied: it takes the right to write to the socket and to search its directories",
  ECONNREFUSED:
    "nothing receives there: start the observer, or correct the path where it is not the observer's socket",
  ELOOP: "its symbolic links lead in a circle",
  EMFILE:
    "this process has no descriptor left: close some, or raise its limit (ulimit -n)",
  ENFILE: "this system has no descriptor left: close some, or raise its limit",
  ENOENT: "there is no such file: start the observer, or correct the path",
  ENOTDIR: "a part of the path is not a directory: correct the path",
  EPROTOTYPE:
    "the socket there is not a datagram socket, so not an observer's: correct the path",
};

/** An observer's Unix datagram socket, by its path. */
export class UnixEndpoint implements Endpoint {
  readonly #path: string;
  readonly #address: SocketAddress;

  /**
   * @throws {TypeError} Where `path` is neither a string nor a `file:` URL, is
   * empty, or holds a NUL.
   * @throws {RangeError} Where it is too long for a socket address.
   */
  constructor(path: string | URL) {
    this.#path = path instanceof URL ? pathOf(path) : path;
    if (typeof this.#path !== "string") {
      throw new TypeError(
        `Cannot connect: path must be a string or a URL: received ${
          path === null ? "null" : typeof path
        }`,
      );
    }
    this.#address = unixAddress(this.#path);
  }

  open(): DatagramSocket | SystemFailure {
    return DatagramSocket.connect(this.#address);
  }

  errorFor(failure: SystemFailure): SystemError {
    const code = errnoName(failure.errno);
    const cause = causes[code] ?? `it answered errno ${failure.errno}`;
    return systemError(
      failure,
      `Cannot connect to ${this}: ${cause} (${code} from ${failure.syscall})`,
    );
  }

  toString(): string {
    return JSON.stringify(this.#path);
  }
}

// `fileURLToPath` of node:url would do, and takes longer to load than all else
// that happens up to the first beat.
function pathOf(url: URL): string {
  if (url.protocol !== "file:" || url.host !== "") {
    throw new TypeError(
      `Cannot connect to ${url.href}: the URL must begin with file:///`,
    );
  }
  try {
    return decodeURIComponent(url.pathname);
  } catch {
    throw new TypeError(
      `Cannot connect to ${url.href}: its path is not UTF-8`,
    );
  }
}
