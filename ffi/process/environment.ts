import { openFunctions } from "../library.ts";

const encoder = new TextEncoder();

/** The longest value that is read, in bytes. */
const MAX_LENGTH = 128;

/**
 * Returns an environment variable, as the C library sees it; `undefined` if it is
 * not set. What is longer than 128 bytes is cut.
 *
 * @see {@link https://man7.org/linux/man-pages/man3/getenv.3.html getenv(3)}
 */
export function environmentVariable(name: string): string | undefined {
  const { getenv, strncpy } = openFunctions("getenv", "strncpy");
  const value = getenv(encoder.encode(`${name}\0`));
  if (value === null) return undefined;
  // A view of the memory would need FFI permission that is not limited to a path.
  const copy = new Uint8Array(MAX_LENGTH);
  strncpy(copy, value, BigInt(MAX_LENGTH));
  const [text] = new TextDecoder().decode(copy).split("\0");
  return text;
}
