import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import {
  checkResult,
  failureOf,
  isFailure,
  systemError,
} from "../../ffi/failure.ts";
import { libc } from "../../ffi/libc.ts";
import { system } from "../../ffi/system.ts";

function errorOf(code: string) {
  const failure = failureOf("connect", system.errno[code]);
  return systemError(failure, "Cannot connect");
}

Deno.test("checkResult() returns the failure of the last call", () => {
  const failure = checkResult("close", libc().close(-1));
  assertStrictEquals(failure, failureOf("close", system.errno.EBADF));
});

Deno.test("checkResult() returns undefined if the call succeeded", () => {
  libc().close(-1); // sets errno
  assertEquals(checkResult("clock_gettime", 0), undefined);
});

Deno.test("failureOf() gives the same frozen object for the same failure", () => {
  const failure = failureOf("send", 11);
  assertStrictEquals(failureOf("send", 11), failure);
  assert(Object.isFrozen(failure));
  assertEquals({ ...failure }, { syscall: "send", errno: 11 });
  assert(failureOf("send", 12) !== failure);
  assert(failureOf("connect", 11) !== failure);
});

Deno.test("failureOf() does not depend on Object.prototype", () => {
  const prototype = Object.prototype as { send?: unknown };
  prototype.send = "polluted";
  try {
    assertEquals(failureOf("send", 11).errno, 11);
  } finally {
    delete prototype.send;
  }
});

Deno.test("isFailure() is true only for a failure", () => {
  assert(isFailure(failureOf("send", 11)));
  for (
    const result of [undefined, null, 0, -1, {}, { syscall: "", errno: 1 }]
  ) {
    assert(!isFailure(result));
  }
});

Deno.test("systemError() has errno, code, syscall and the message", () => {
  const { message, errno, code, syscall } = errorOf("ENOENT");
  assertEquals(
    [message, errno, code, syscall],
    ["Cannot connect", 2, "ENOENT", "connect"],
  );
});

Deno.test("systemError() has the class in Deno.errors that fits", () => {
  const classes: [string, new (message: string) => Error][] = [
    ["EACCES", Deno.errors.PermissionDenied],
    ["EADDRINUSE", Deno.errors.AddrInUse],
    ["ECONNREFUSED", Deno.errors.ConnectionRefused],
    ["ELOOP", Deno.errors.FilesystemLoop],
    ["ENOENT", Deno.errors.NotFound],
    ["ENOTDIR", Deno.errors.NotADirectory],
    ["EPERM", Deno.errors.PermissionDenied],
    ["EMFILE", Error],
    ["EPROTOTYPE", Error],
  ];
  for (const [code, ErrorClass] of classes) {
    assertStrictEquals(errorOf(code).constructor, ErrorClass, code);
  }
});
