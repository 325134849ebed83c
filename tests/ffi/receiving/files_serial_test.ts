import { assert, assertEquals, assertThrows } from "@std/assert";
import { failureOf } from "../../../ffi/failure.ts";
import { chmod, unlink } from "../../../ffi/receiving/files.ts";
import { system } from "../../../ffi/system.ts";
import { TestFolder } from "../../support/test_folder.ts";

const { ENOENT, EOPNOTSUPP } = system.errno;

function modeOf(path: string): number {
  return Deno.lstatSync(path).mode! & 0o777;
}

Deno.test("unlink() removes the file", () => {
  using folder = new TestFolder();
  Deno.writeTextFileSync(folder.file("ü"), "");
  assertEquals(unlink(folder.file("ü")), undefined);
  assertThrows(() => Deno.statSync(folder.file("ü")), Deno.errors.NotFound);
  assertEquals(unlink(folder.file("ü")), failureOf("unlink", ENOENT));
});

Deno.test("chmod() sets the permission bits", () => {
  using folder = new TestFolder();
  Deno.writeTextFileSync(folder.file("ü"), "");
  for (const mode of [0o642, 0o000, 0o777]) {
    assertEquals(chmod(folder.file("ü"), mode), undefined);
    assertEquals(modeOf(folder.file("ü")), mode);
  }
  const failure = failureOf("fchmodat", ENOENT);
  assertEquals(chmod(folder.file("none"), 0o600), failure);
});

Deno.test("chmod() does not follow a symbolic link", () => {
  using folder = new TestFolder();
  Deno.writeTextFileSync(folder.file("target"), "", { mode: 0o600 });
  Deno.symlinkSync(folder.file("target"), folder.file("link"));
  const failure = chmod(folder.file("link"), 0o666);
  assert(failure === undefined || failure.errno === EOPNOTSUPP);
  assertEquals(modeOf(folder.file("target")), 0o600);
});
