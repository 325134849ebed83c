import { assert, assertEquals } from "@std/assert";
import { changeMode } from "../../../ffi/receiving/change_mode.ts";
import { system } from "../../../ffi/system.ts";
import { TestFolder } from "../../support/observer.ts";

Deno.test("changeMode() gives a file exactly the permission bits", () => {
  using folder = new TestFolder();
  const path = folder.file("ü");
  Deno.writeTextFileSync(path, "");
  assertEquals(changeMode(path, 0o642), undefined);
  assertEquals(Deno.lstatSync(path).mode! & 0o777, 0o642);
});

Deno.test("changeMode() leaves alone what a symbolic link leads to", () => {
  using folder = new TestFolder();
  Deno.writeTextFileSync(folder.file("victim"), "", { mode: 0o600 });
  Deno.symlinkSync(folder.file("victim"), folder.file("link"));
  const failure = changeMode(folder.file("link"), 0o666);
  assert(failure === undefined || failure.errno === system.errno.EOPNOTSUPP);
  assertEquals(Deno.lstatSync(folder.file("victim")).mode! & 0o777, 0o600);
});

Deno.test("changeMode() tells what failed", () => {
  using folder = new TestFolder();
  assertEquals(changeMode(folder.file("none"), 0o600), {
    syscall: "fchmodat",
    errno: system.errno.ENOENT,
  });
});
