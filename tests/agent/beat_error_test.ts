import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { BeatError } from "../../mod.ts";

Deno.test("BeatError is an Error with errno and code", () => {
  const error = new BeatError(90, "EMSGSIZE");
  assertInstanceOf(error, Error);
  assertEquals(error.name, "BeatError");
  assertEquals(error.errno, 90);
  assertEquals(error.code, "EMSGSIZE");
});

Deno.test("BeatError says what to do where something can be done", () => {
  assertEquals(
    new BeatError(9, "EBADF").message,
    "Cannot send beat: the agent is closed (EBADF)",
  );
  assertEquals(
    new BeatError(22, "EINVAL").message,
    "Cannot send beat: status must be Ok, Degraded or Critical, and payload an integer from 0 that fits (64 bits in version 1, 32 in version 2) (EINVAL)",
  );
});

Deno.test("BeatError names the errno where nothing more is known", () => {
  assertEquals(
    new BeatError(90, "EMSGSIZE").message,
    "Cannot send beat: send answered errno 90, see errno(3) (EMSGSIZE)",
  );
});

Deno.test("BeatError is frozen, and its stack is its message, since it is shared", () => {
  const error = new BeatError(9, "EBADF");
  assert(Object.isFrozen(error));
  assertEquals(error.stack, `BeatError: ${error.message}`);
});
