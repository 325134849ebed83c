import type { DatagramBuffer } from "../../ffi/receiving/datagram_buffer.ts";
import { readFrame } from "../frame/decode_frame.ts";
import type { VlpVersion } from "../frame/vlp_version.ts";
import type { Observation } from "./observation.ts";

/** The bytes of a datagram that are kept: more than a frame, so that it shows. */
export const MAX_DATAGRAM_LENGTH = 64;

/** What the datagram just received is, of so many bytes. */
export function observe(
  buffer: DatagramBuffer,
  length: number,
  version: VlpVersion | undefined,
): Observation {
  const bytes = buffer.bytes.subarray(0, length);
  const peer = buffer.sender;
  const frame = readFrame(bytes, version);
  if (typeof frame === "string") {
    return { kind: "rejected", reason: frame, bytes: bytes.slice(), peer };
  }
  if (peer !== undefined && peer.pid !== frame.pid) {
    const reason = "PidMismatch";
    return { kind: "rejected", reason, bytes: bytes.slice(), peer };
  }
  return { kind: "beat", frame, peer };
}
