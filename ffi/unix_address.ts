import { createAddress, type SocketAddress } from "./socket_address.ts";
import { system as thisSystem } from "./system.ts";

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
