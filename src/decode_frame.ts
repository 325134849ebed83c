import { DecodeError } from "./decode_error.ts";
import type { Frame } from "./frame.ts";
import { protocolOf } from "./protocol.ts";
import { readFrame } from "./read_frame.ts";
import type { VlpVersion } from "./vlp_version.ts";

/**
 * Reads a frame.
 *
 * It is of the version that its own bytes say, unless a version is asked for.
 *
 * @throws {DecodeError} Where the bytes are not a frame; its `reason` is the
 * first check that failed.
 * @throws {TypeError} Where `bytes` is not a `Uint8Array`.
 * @throws {RangeError} Where `version` is given and is neither 1 nor 2.
 *
 * @example
 * ```ts
 * import { decodeFrame, Status } from "@varta/client";
 * import { assertEquals } from "@std/assert";
 *
 * const frame = decodeFrame(new Uint8Array([
 *   ...[0x56, 0x41, 2, Status.Ok, 2, 0, 0, 0],
 *   ...[0, 0, 0, 0, 0, 0, 0, 0],
 *   ...[1, 0, 0, 0, 0, 0, 0, 0],
 *   ...[0, 0, 0, 0, 0xe4, 0x11, 0x6b, 0xaa],
 * ]));
 *
 * assertEquals(frame.pid, 2);
 * assertEquals(frame.nonce, 1n);
 * ```
 *
 * @param bytes The datagram, whole.
 * @param version The only version to accept; by default either.
 * @returns The fields of the frame.
 */
export function decodeFrame(bytes: Uint8Array, version?: VlpVersion): Frame {
  if (version !== undefined && protocolOf(version) === undefined) {
    throw new RangeError(
      `Cannot decode frame: version must be 1 or 2: received ${
        Deno.inspect(version)
      }`,
    );
  }
  if (!(bytes instanceof Uint8Array)) {
    throw new TypeError("Cannot decode frame: bytes must be a Uint8Array");
  }
  const frame = readFrame(bytes, version);
  if (typeof frame === "string") throw new DecodeError(frame);
  return frame;
}
