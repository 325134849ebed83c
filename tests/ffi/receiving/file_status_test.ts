import { assert, assertEquals } from "@std/assert";
import { receivingLibc } from "../../../ffi/receiving/functions.ts";
import { system } from "../../../ffi/system.ts";
import { TestFolder } from "../../support/observer.ts";

function statusOf(path: string) {
  const status = receivingLibc().fileStatus(path);
  assert(!("errno" in status));
  return status;
}

Deno.test("fileStatus() tells a file's type and mode, and which it is", () => {
  using folder = new TestFolder();
  Deno.writeTextFileSync(folder.file("ü"), "", { mode: 0o640 });
  Deno.linkSync(folder.file("ü"), folder.file("hard link"));
  Deno.mkdirSync(folder.file("directory"));
  const types = { "ü": "file", "hard link": "file", directory: "directory" };
  for (const [name, expectedType] of Object.entries(types)) {
    const { type, permissions, identity } = statusOf(folder.file(name));
    const expected = Deno.lstatSync(folder.file(name));
    assertEquals(type, expectedType);
    assertEquals(permissions, expected.mode! & 0o777);
    assert(identity.endsWith(`:${expected.ino}`), identity);
  }
  const { identity } = statusOf(folder.file("ü"));
  assertEquals(statusOf(folder.file("hard link")).identity, identity);
  assert(statusOf(folder.file("directory")).identity !== identity);
});

Deno.test("fileStatus() tells a symbolic link, not what it leads to", () => {
  using folder = new TestFolder();
  Deno.symlinkSync(folder.file("none"), folder.file("link"));
  assertEquals(statusOf(folder.file("link")).type, "symbolic link");
});

Deno.test("fileStatus() tells what failed", () => {
  using folder = new TestFolder();
  assertEquals(receivingLibc().fileStatus(folder.file("none")), {
    syscall: system.stat ? "lstat" : "statx",
    errno: system.errno.ENOENT,
  });
});
