import { assert, assertEquals } from "@std/assert";
import { type Frame, MAGIC, NONCE_TERMINAL, Status } from "../../mod.ts";
import {
  encodeHeader,
  type Protocol,
  protocolOf,
} from "../../src/frame/_protocol.ts";

const version1 = protocolOf(1);
const version2 = protocolOf(2);

function frame(protocol: Protocol, fields: Partial<Frame>): Frame {
  return {
    version: protocol.version,
    status: Status.Ok,
    pid: 2,
    timestamp: 0n,
    nonce: 1n,
    payload: 0n,
    ...fields,
  };
}

Deno.test("protocolOf() knows only 1 and 2", () => {
  assertEquals(version1.version, 1);
  assertEquals(version2.version, 2);
  const others = [0, 3, -1, 1.5, NaN, 1n, "1", "2", true, null, undefined, {}];
  for (const other of others) assertEquals(protocolOf(other), undefined);
});

Deno.test("Protocol.maxPayload is 64 bits in version 1, 32 bits in version 2", () => {
  assertEquals(version1.maxPayload, 2n ** 64n - 1n);
  assertEquals(version2.maxPayload, 2n ** 32n - 1n);
  assertEquals(version1.maxNumberPayload, Number.MAX_SAFE_INTEGER);
  assertEquals(version2.maxNumberPayload, 2 ** 32 - 1);
});

Deno.test("Protocol.nonceWraps is true only for version 2", () => {
  assert(!version1.nonceWraps);
  assert(version2.nonceWraps);
});

Deno.test("Protocol.minPid is 2 only for version 2", () => {
  assertEquals([version1.minPid, version2.minPid], [0, 2]);
});

Deno.test("Protocol.hasChecksum is true only for version 2", () => {
  assert(!version1.hasChecksum);
  assert(version2.hasChecksum);
});

Deno.test("encodeHeader() returns magic, version and status in this order", () => {
  for (const version of [1, 2] as const) {
    for (const status of Object.values(Status)) {
      const bytes = new Uint8Array(
        Uint32Array.of(encodeHeader(version, status)).buffer,
      );
      assertEquals([...bytes], [...MAGIC, version, status]);
    }
  }
});

// In the order of the checks, each violates one rule of version 2.
const violations: [rule: string, fields: Partial<Frame>][] = [
  ["StallOnWire", { status: Status.Stall }],
  ["BadPid", { pid: 1 }],
  ["BadTimestamp", { timestamp: 2n ** 64n - 1n }],
  ["BadNonce", { nonce: NONCE_TERMINAL }],
];

Deno.test("Protocol.findViolation() returns undefined in version 1", () => {
  for (const [, fields] of violations) {
    assertEquals(version1.findViolation(frame(version1, fields)), undefined);
  }
});

Deno.test("Protocol.findViolation() returns the first violation in version 2", () => {
  let fields: Partial<Frame> = {};
  assertEquals(version2.findViolation(frame(version2, fields)), undefined);
  for (const [rule, defect] of violations.toReversed()) {
    assertEquals(version2.findViolation(frame(version2, defect)), rule);
    fields = { ...fields, ...defect };
    assertEquals(version2.findViolation(frame(version2, fields)), rule);
  }
});

Deno.test("Protocol.findViolation() allows NONCE_TERMINAL only for Critical", () => {
  const { Ok, Degraded, Critical } = Status;
  const rules = [Ok, Degraded, Critical].map((status) =>
    version2.findViolation(frame(version2, { status, nonce: NONCE_TERMINAL }))
  );
  assertEquals(rules, ["BadNonce", "BadNonce", undefined]);
  assertEquals(
    version2.findViolation(frame(version2, { status: Critical })),
    undefined,
  );
});
