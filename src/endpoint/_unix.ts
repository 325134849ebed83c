import { DatagramSocket } from "../../ffi/datagram_socket.ts";
import type { SystemError, SystemFailure } from "../../ffi/failure.ts";
import { unixAddress } from "../../ffi/socket_address.ts";
import { invalidOption } from "../_invalid_option.ts";
import type { VlpVersion } from "../frame/frame.ts";
import { type Causes, type Endpoint, socketError } from "./_endpoint.ts";

const causes: Causes = {
  ECONNREFUSED:
    "nothing receives there: start the observer, or correct the path if the file is not the observer's socket",
  ENOENT: "there is no such file: start the observer, or correct the path",
  EPROTOTYPE:
    "the socket there is not a datagram socket, so not an observer's: correct the path",
};

const VERSIONS: readonly VlpVersion[] = [1, 2];

/** The Unix datagram socket of an observer, by its path. */
export class UnixEndpoint extends DatagramSocket implements Endpoint {
  readonly versions = VERSIONS;
  readonly canBeLazy = true;
  readonly #path: string;

  /**
   * @throws {TypeError} If `path` is neither a string nor a `file:` URL, is empty,
   * contains a NUL, or is not well-formed Unicode.
   * @throws {RangeError} If `path` is too long for a socket address.
   */
  constructor(path: string | URL) {
    const name = socketPath(path, "connect");
    super(unixAddress(name));
    this.#path = name;
  }

  errorFor(failure: SystemFailure): SystemError {
    if (!this.#path.startsWith("file:")) {
      return socketError(failure, "connect", `${this}`, causes);
    }
    const ENOENT =
      "there is no such file: to use a file: URL, pass new URL(...) instead of a string";
    return socketError(failure, "connect", `${this}`, { ...causes, ENOENT });
  }

  override toString(): string {
    return JSON.stringify(this.#path);
  }
}

/**
 * Returns the path of a socket.
 *
 * @param purpose The action that needs the path, for the message.
 * @throws {TypeError} If it is neither a string nor a `file:` URL.
 */
export function socketPath(path: string | URL, purpose: string): string {
  if (typeof path === "string") return path;
  if (!(path instanceof URL)) {
    throw invalidOption(purpose, "path", "a string or a URL", path);
  }
  if (path.protocol !== "file:" || path.host !== "") {
    throw new TypeError(
      `Cannot ${purpose} to ${path.href}: the URL must begin with file:///`,
    );
  }
  try {
    // As in Deno, a percent sign without two hexadecimal digits means itself.
    // `fileURLToPath` of node:url would refuse it, and takes long to load.
    return decodeURIComponent(
      path.pathname.replace(/%(?![0-9a-f]{2})/gi, "%25"),
    );
  } catch {
    throw new TypeError(
      `Cannot ${purpose} to ${path.href}: its path is not UTF-8`,
    );
  }
}
