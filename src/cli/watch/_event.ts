import type { Frame } from "../../frame/frame.ts";
import type { Observation, Peer, StallChange } from "../../observer/mod.ts";
import { quoteForShell, statusName } from "../_text.ts";

/** The end of an agent without a terminal beat. */
export type Death = Omit<StallChange, "kind"> & { readonly kind: "gone" };

/** What `watch` shows. */
export type WatchEvent = Observation | StallChange | Death;

/**
 * The fields of {@linkcode toRecord}, and what each contains. `time` and `event`
 * are in each record, and each kind of event always has the same others.
 */
export const FIELDS: readonly (readonly [name: string, text: string])[] = [
  ["time", "when watch printed it, as 2026-01-31T12:00:00.000Z"],
  [
    "event",
    '"beat", "rejected", "stalled", "returned", "ended", or "gone": the',
  ],
  ["", "process of a stalled agent has ended without a terminal beat"],
  [
    "pid",
    "the agent's process id, a number; not if rejected, as the next five",
  ],
  ["status", '"Ok", "Degraded", "Critical" or "Stall", in the last beat'],
  ["nonce", "of the last beat, a string of decimal digits for 64 bits"],
  ["payload", "of the last beat, such a string too"],
  ["timestamp", "of the last beat, the agent's clock in ns, such a string too"],
  ["version", "of the protocol: 1 or 2"],
  ["silence", "ms without a beat; if stalled, returned, ended or gone"],
  ["name", "of the process, if the system tells it; not in a beat"],
  ["reason", 'why a datagram is rejected, for example "BadLength"'],
  ["length", "of a rejected datagram in bytes, or 64 if it is longer"],
  ["bytes", "of a rejected datagram in hexadecimal, the first 64"],
  ["peer", "pid, uid and gid, numbers, of the sender by the kernel; if the"],
  ["", "system tells it, and the event is beat or rejected"],
];

type Json = string | number | { readonly [name: string]: Json };

/** An event as a JSON object. */
export type EventRecord = Readonly<Record<string, Json>>;

/**
 * Converts an event to a JSON object. 64-bit integers are decimal strings,
 * because most JSON readers would round a number. The silence is in ms.
 *
 * @param name The name of the agent's process, or of the sender's.
 */
export function toRecord(
  event: WatchEvent,
  time: Date,
  name?: string,
): EventRecord {
  return {
    time: time.toISOString(),
    event: event.kind,
    ...detailsOf(event),
    ...event.kind !== "beat" && name !== undefined ? { name } : {},
  };
}

/** The width of the longest kind of event, so that the fields form a column. */
const KIND_WIDTH = "rejected".length;

/**
 * Converts an event to a line for people and for `grep`: the time, the kind, and
 * the fields of {@linkcode toRecord} as `name=value`. The peer is
 * `peer=pid:uid:gid`.
 */
export function toLine(
  ...[event, now, name]: Parameters<typeof toRecord>
): string {
  const { time, event: kind, ...fields } = toRecord(event, now, name);
  const words = Object.entries(fields).map(([name, value]) =>
    `${name}=${
      typeof value === "object"
        ? Object.values(value).join(":")
        : quoteForShell(String(value))
    }`
  );
  return [time, String(kind).padEnd(KIND_WIDTH), ...words].join(" ");
}

function detailsOf(event: WatchEvent): EventRecord {
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

function frameRecord(frame: Frame): EventRecord {
  return {
    pid: frame.pid,
    status: statusName(frame.status),
    nonce: String(frame.nonce),
    payload: String(frame.payload),
    timestamp: String(frame.timestamp),
    version: frame.version,
  };
}

function peerRecord(peer: Peer | undefined): EventRecord {
  return peer ? { peer: { ...peer } } : {};
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0"))
    .join("");
}
