import { describeType } from "./_endpoint.ts";

/**
 * The path of a socket, out of what a user gave for it.
 *
 * @throws {TypeError} Where it is neither a string nor a `file:` URL.
 *
 * @param purpose What cannot be done without it, for the message.
 */
export function socketPath(path: string | URL, purpose: string): string {
  if (typeof path === "string") return path;
  if (path instanceof URL) return pathOf(path, purpose);
  throw new TypeError(
    `Cannot ${purpose}: path must be a string or a URL: received ${
      describeType(path)
    }`,
  );
}

// `fileURLToPath` of node:url would do, and takes longer to load than all else
// that happens up to the first beat.
function pathOf(url: URL, purpose: string): string {
  if (url.protocol !== "file:" || url.host !== "") {
    throw new TypeError(
      `Cannot ${purpose} to ${url.href}: the URL must begin with file:///`,
    );
  }
  try {
    return decodeURIComponent(url.pathname);
  } catch {
    throw new TypeError(
      `Cannot ${purpose} to ${url.href}: its path is not UTF-8`,
    );
  }
}
