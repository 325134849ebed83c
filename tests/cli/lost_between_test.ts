import { assertEquals } from "@std/assert";
import { NONCE_TERMINAL, type VlpVersion } from "../../mod.ts";
import { lostBetween } from "../../src/cli/lost_between.ts";
import { plain } from "../support/frames.ts";

const LAST = NONCE_TERMINAL - 1n;

function lost(before: bigint, after: bigint, version: VlpVersion = 1): bigint {
  return lostBetween(
    { ...plain, version, nonce: before },
    { ...plain, version, nonce: after },
  );
}

Deno.test("lostBetween() counts the nonces that did not come", () => {
  assertEquals(lost(1n, 2n), 0n);
  assertEquals(lost(1n, 3n), 1n);
  assertEquals(lost(1n, LAST), LAST - 2n);
});

Deno.test("lostBetween() takes a nonce that goes down for a new beginning", () => {
  for (const version of [1, 2] as const) {
    assertEquals(lost(1_000n, 1n, version), 0n);
    assertEquals(lost(1_000n, 5n, version), 0n);
  }
  assertEquals(lost(LAST, 3n, 1), 0n);
});

Deno.test("lostBetween() counts nothing where version 1 stays at its last nonce", () => {
  assertEquals(lost(LAST, LAST), 0n);
});

Deno.test("lostBetween() goes on behind the last nonce of version 2", () => {
  assertEquals(lost(LAST, 0n, 2), 0n);
  assertEquals(lost(LAST - 1n, 2n, 2), 3n);
});

Deno.test("lostBetween() counts nothing at a terminal frame", () => {
  for (const version of [1, 2] as const) {
    assertEquals(lost(7n, NONCE_TERMINAL, version), 0n);
    assertEquals(lost(NONCE_TERMINAL, 1n, version), 0n);
    assertEquals(lost(NONCE_TERMINAL, 9n, version), 0n);
  }
});
