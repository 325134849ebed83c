import type { Frame } from "../frame/frame.ts";
import type { Peer } from "../observer/observation.ts";
import type { WatchEvent } from "./watch_event.ts";
import { statusName } from "./status_name.ts";

/** What JSON can say. */
type Json = string | number | { readonly [name: string]: Json };

/**
 * An event as one object of JSON. Integers of 64 bits are decimal strings, since
 * most readers of JSON would round a number; silence is in ms.
 */
export function eventRecord(
  event: WatchEvent,
  time: Date,
): Record<string, Json> {
  return {
    time: time.toISOString(),
    event: event.kind,
    ...detailsOf(event),
  };
}

function detailsOf(event: WatchEvent): Record<string, Json> {
  switch (event.kind) {
    case "beat":
      return { ...frameRecord(event.frame), ...peerRecord(event.peer) };
    case "rejected":
      return {
        reason: event.reason,
        length: event.bytes.length,
        bytes: toHex(event.bytes),
        ...peerRecord(event.peer),
      };
    default:
      return {
        ...frameRecord(event.last),
        silence: Math.round(event.silence),
      };
  }
}

function frameRecord(frame: Frame): Record<string, Json> {
  return {
    pid: frame.pid,
    status: statusName(frame.status),
    nonce: String(frame.nonce),
    payload: String(frame.payload),
    timestamp: String(frame.timestamp),
    version: frame.version,
  };
}

function peerRecord(peer: Peer | undefined): Record<string, Json> {
  return peer ? { peer: { ...peer } } : {};
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0"))
    .join("");
}
