import { assert, assertEquals, assertThrows } from "@std/assert";
import { failureOf, isFailure } from "../../../ffi/failure.ts";
import { chmod, lockDirectory, unlink } from "../../../ffi/receiving/files.ts";
import { system } from "../../../ffi/system.ts";
import {
  hasProgram,
  openDescriptors,
  resultOf,
} from "../../support/process.ts";
import { TestFolder } from "../../support/test_folder.ts";
import { testUnless } from "../../support/test_unless.ts";
import { cannotLeaveProc, WITHOUT_PROC } from "../../support/without_proc.ts";

const { EAGAIN, ENOENT, ENOTDIR, EOPNOTSUPP } = system.errno;

const cannotLock = hasProgram("flock") ? undefined : "there is no flock";

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

testUnless(cannotLeaveProc, "chmod() works without /proc", async () => {
  using folder = new TestFolder();
  Deno.writeTextFileSync(folder.file("file"), "", { mode: 0o600 });
  Deno.writeTextFileSync(folder.file("target"), "", { mode: 0o600 });
  Deno.symlinkSync(folder.file("target"), folder.file("link"));
  const names = ["file", "link", "none"].map((name) => folder.file(name));
  const failures = await resultOf(
    import.meta.resolve("./programs/chmod.ts"),
    names,
    ["--allow-ffi"],
    { under: WITHOUT_PROC },
  );
  const expected = [
    null,
    failureOf("fchmodat", EOPNOTSUPP),
    failureOf("fchmodat", ENOENT),
  ];
  assertEquals(failures, JSON.parse(JSON.stringify(expected)));
  assertEquals(modeOf(folder.file("file")), 0o642);
  assertEquals(modeOf(folder.file("target")), 0o600);
});

testUnless(cannotLock, "lockDirectory() locks out other processes", () => {
  using folder = new TestFolder();
  const canLock = () => hasProgram("flock", "--nonblock", folder.path, "true");
  const before = openDescriptors();
  const lock = lockDirectory(folder.file("socket"));
  assert(!isFailure(lock));
  assertEquals(canLock(), false);
  lock.close();
  assertEquals(canLock(), true);
  assertEquals(openDescriptors(), before);
});

Deno.test("lockDirectory() waits less than 50 ms for a lock", () => {
  using folder = new TestFolder();
  const lock = lockDirectory(folder.file("socket"));
  assert(!isFailure(lock));
  const before = openDescriptors();
  // The shortest of five, because other processes may delay this one.
  const durations = Array.from({ length: 5 }, () => {
    const start = performance.now();
    const failure = lockDirectory(folder.file("other"));
    assertEquals(failure, failureOf("flock", EAGAIN));
    return performance.now() - start;
  });
  assert(Math.min(...durations) < 50, `${durations} ms`);
  assertEquals(openDescriptors(), before);
  lock.close();
});

Deno.test("lockDirectory() fails if there is no directory", () => {
  using folder = new TestFolder();
  Deno.writeTextFileSync(folder.file("file"), "");
  const failures = ["none/socket", "file/socket"].map((name) =>
    lockDirectory(folder.file(name))
  );
  assertEquals(failures, [
    failureOf("open", ENOENT),
    failureOf("open", ENOTDIR),
  ]);
});
