import { FRAME_LENGTH, MAGIC } from "./constants.ts";
import { DecodeError } from "./decode_error.ts";
import type { Frame } from "./frame.ts";
import { Offset } from "./layout.ts";
import { protocolOf } from "./protocol.ts";
import { Status } from "./status.ts";
import type { VlpVersion } from "./vlp_version.ts";

/**
 * Reads a frame.
 *
 * It is of the version that its own bytes say, unless a version is asked for.
 *
 * @throws {DecodeError} Where the bytes are not a frame; its `reason` is the
 * first check that failed.
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
      `Cannot decode frame: version must be 1 or 2: received ${version}`,
    );
  }
  if (bytes.length !== FRAME_LENGTH) throw new DecodeError("BadLength");
  const view = new DataView(bytes.buffer, bytes.byteOffset, FRAME_LENGTH);

  if (bytes[0] !== MAGIC[0] || bytes[1] !== MAGIC[1]) {
    throw new DecodeError("BadMagic");
  }
  const protocol = protocolOf(view.getUint8(Offset.Version));
  if (!protocol || (version !== undefined && protocol.version !== version)) {
    throw new DecodeError("BadVersion");
  }
  if (!protocol.isIntact(view)) throw new DecodeError("BadCrc");
  const status = view.getUint8(Offset.Status);
  if (!isStatus(status)) throw new DecodeError("BadStatus");

  const frame: Frame = {
    version: protocol.version,
    status,
    pid: view.getUint32(Offset.Pid, true),
    timestamp: view.getBigUint64(Offset.Timestamp, true),
    nonce: view.getBigUint64(Offset.Nonce, true),
    payload: view.getBigUint64(Offset.Payload, true) & protocol.maxPayload,
  };
  const brokenRule = protocol.brokenRule(frame);
  if (brokenRule) throw new DecodeError(brokenRule);
  return frame;
}

function isStatus(byte: number): byte is Status {
  return byte <= Status.Stall;
}
