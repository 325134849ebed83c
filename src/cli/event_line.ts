import type { WatchEvent } from "./watch_event.ts";
import { eventRecord } from "./event_record.ts";

/** The longest kind of event, for the words behind it to stand in a column. */
const KIND_WIDTH = "rejected".length;

/**
 * An event as a line for people and for `grep`: the time, what happened, and the
 * fields of {@linkcode eventRecord} as `name=value`, those of the peer as
 * `peer=pid:uid:gid`.
 */
export function eventLine(event: WatchEvent, now: Date): string {
  const { time, event: kind, ...fields } = eventRecord(event, now);
  const words = Object.entries(fields).map(([name, value]) =>
    `${name}=${
      typeof value === "object" ? Object.values(value).join(":") : value
    }`
  );
  return [time, String(kind).padEnd(KIND_WIDTH), ...words].join(" ");
}
