import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { system } from "../../ffi/system.ts";
import { systemError } from "../../ffi/failure.ts";

function errorOf(code: string) {
  const failure = { syscall: "connect", errno: system.errno[code] };
  return systemError(failure, "Cannot connect");
}

Deno.test("systemError() has errno, code, syscall and the message", () => {
  const error = errorOf("ENOENT");
  assertEquals(error.errno, 2);
  assertEquals(error.code, "ENOENT");
  assertEquals(error.syscall, "connect");
  assertEquals(error.message, "Cannot connect");
});

Deno.test("systemError() is of the class in Deno.errors that fits", () => {
  const classes: [string, new (message: string) => Error][] = [
    ["EACCES", Deno.errors.PermissionDenied],
    ["EADDRINUSE", Deno.errors.AddrInUse],
    ["ECONNREFUSED", Deno.errors.ConnectionRefused],
    ["ELOOP", Deno.errors.FilesystemLoop],
    ["ENOENT", Deno.errors.NotFound],
    ["ENOTDIR", Deno.errors.NotADirectory],
    ["EPERM", Deno.errors.PermissionDenied],
  ];
  for (const [code, ErrorClass] of classes) {
    assertStrictEquals(errorOf(code).constructor, ErrorClass, code);
  }
});

Deno.test("systemError() is a plain Error where Deno has no class", () => {
  for (const code of ["EMFILE", "EPROTOTYPE"]) {
    const error = errorOf(code);
    assertStrictEquals(error.constructor, Error);
    assert(error.stack?.includes("Cannot connect"));
  }
});
