import { assert, assertEquals } from "@std/assert";
import { MAGIC, NONCE_TERMINAL, Status } from "../../mod.ts";

Deno.test("MAGIC and NONCE_TERMINAL are those of the protocol", () => {
  assertEquals([...MAGIC], [0x56, 0x41]);
  assertEquals(NONCE_TERMINAL, 2n ** 64n - 1n);
});

Deno.test("MAGIC and Status are frozen", () => {
  assert(Object.isFrozen(MAGIC));
  assert(Object.isFrozen(Status));
});
