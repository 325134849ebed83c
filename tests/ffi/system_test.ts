import { assertEquals } from "@std/assert";
import { errnoName } from "../../ffi/system.ts";
import { darwin, linux } from "../support/systems.ts";

Deno.test("errnoName() names a number as the system does", () => {
  assertEquals(errnoName(105, linux), "ENOBUFS");
  assertEquals(errnoName(55, darwin), "ENOBUFS");
  assertEquals(errnoName(39, darwin), "EDESTADDRREQ");
});

Deno.test("errnoName() gives the usual one of two names for a number", () => {
  assertEquals(errnoName(11, linux), "EAGAIN");
  assertEquals(errnoName(35, darwin), "EAGAIN");
});

Deno.test("errnoName() is UNKNOWN for a number without a name", () => {
  for (const errno of [0, -1, 4095, 1.5, NaN]) {
    assertEquals(errnoName(errno, linux), "UNKNOWN");
  }
});
