import { assert, assertEquals, assertMatch } from "@std/assert";
import { Status } from "../../../mod.ts";
import { watchCommand } from "../../../src/cli/watch/_watch.ts";
import {
  FIELDS,
  toLine,
  toRecord,
  type WatchEvent,
} from "../../../src/cli/watch/_event.ts";
import { plain } from "../../support/frames.ts";

const TIME = new Date("2026-11-25T10:38:31.123Z");
const peer = { pid: 2, uid: 1000, gid: 100 };
const frame = {
  ...plain,
  version: 2 as const,
  status: Status.Degraded,
  nonce: 2n ** 64n - 2n,
  timestamp: 2n ** 64n - 2n,
  payload: 17n,
};

const events: [event: WatchEvent, record: unknown, line: string][] = [
  [
    { kind: "beat", frame, peer },
    {
      event: "beat",
      pid: 2,
      status: "Degraded",
      nonce: "18446744073709551614",
      payload: "17",
      timestamp: "18446744073709551614",
      version: 2,
      peer,
    },
    "beat     pid=2 status=Degraded nonce=18446744073709551614 payload=17 " +
    "timestamp=18446744073709551614 version=2 peer=2:1000:100",
  ],
  [
    {
      kind: "rejected",
      reason: "BadLength",
      bytes: new Uint8Array([1, 171]),
    },
    { event: "rejected", reason: "BadLength", length: 2, bytes: "01ab" },
    "rejected reason=BadLength length=2 bytes=01ab",
  ],
  [
    { kind: "stalled", pid: 2, last: plain, silence: 5_000.4 },
    {
      event: "stalled",
      pid: 2,
      status: "Ok",
      nonce: "1",
      payload: "0",
      timestamp: "0",
      version: 1,
      silence: 5_000,
    },
    "stalled  pid=2 status=Ok nonce=1 payload=0 timestamp=0 version=1 silence=5000",
  ],
  [
    { kind: "gone", pid: 2, last: plain, silence: 5_000 },
    {
      event: "gone",
      pid: 2,
      status: "Ok",
      nonce: "1",
      payload: "0",
      timestamp: "0",
      version: 1,
      silence: 5_000,
    },
    "gone     pid=2 status=Ok nonce=1 payload=0 timestamp=0 version=1 silence=5000",
  ],
];

Deno.test("toRecord() has a name, except in a beat", () => {
  const names = events.map(([event]) => toRecord(event, TIME, "orders").name);
  assertEquals(names, [undefined, ...Array(3).fill("orders")]);
  assertMatch(
    toLine(events[2][0], TIME, "orders"),
    / silence=5000 name=orders$/,
  );
  assertMatch(toLine(events[2][0], TIME, "a b"), / name='a b'$/);
});

Deno.test("toRecord() has 64-bit integers as strings, and the time", () => {
  for (const [event, record] of events) {
    const written = JSON.parse(JSON.stringify(toRecord(event, TIME)));
    assertEquals(written, { time: TIME.toISOString(), ...record as object });
  }
});

Deno.test("toLine() has the fields of toRecord() as name=value", () => {
  for (const [event, _, line] of events) {
    assertEquals(toLine(event, TIME), `${TIME.toISOString()} ${line}`);
  }
});

Deno.test("toRecord() has only fields that --help describes", () => {
  const names = new Set(FIELDS.map(([name]) => name));
  for (const [event] of events) {
    for (const name of Object.keys(toRecord(event, TIME, "orders"))) {
      assert(names.has(name), name);
      assert(watchCommand.details.includes(`\n  ${name} `), name);
    }
  }
});
