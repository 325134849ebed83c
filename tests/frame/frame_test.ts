import { assert, assertEquals } from "@std/assert";
import { FRAME_LENGTH, MAGIC, NONCE_TERMINAL } from "../../mod.ts";

Deno.test("FRAME_LENGTH is 32", () => {
  assertEquals(FRAME_LENGTH, 32);
});

Deno.test("MAGIC is VA in ASCII, and frozen", () => {
  assertEquals([...MAGIC], [0x56, 0x41]);
  assertEquals(String.fromCharCode(...MAGIC), "VA");
  assert(Object.isFrozen(MAGIC));
});

Deno.test("NONCE_TERMINAL is 2^64 - 1", () => {
  assertEquals(NONCE_TERMINAL, 2n ** 64n - 1n);
});
