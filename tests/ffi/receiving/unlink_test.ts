import { assertEquals, assertThrows } from "@std/assert";
import { system } from "../../../ffi/system.ts";
import { unlink } from "../../../ffi/receiving/unlink.ts";
import { TestFolder } from "../../support/observer.ts";

// Opened as the module loads: up to Deno 2.5 a test that opens it leaks it.
unlink("");

Deno.test("unlink() removes the file", () => {
  using folder = new TestFolder();
  Deno.writeTextFileSync(folder.file("ü"), "");
  assertEquals(unlink(folder.file("ü")), undefined);
  assertThrows(() => Deno.statSync(folder.file("ü")), Deno.errors.NotFound);
});

Deno.test("unlink() tells what failed", () => {
  using folder = new TestFolder();
  assertEquals(unlink(folder.file("none")), {
    syscall: "unlink",
    errno: system.errno.ENOENT,
  });
});
