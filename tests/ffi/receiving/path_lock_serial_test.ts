import { assert, assertEquals } from "@std/assert";
import { failureOf, isFailure } from "../../../ffi/failure.ts";
import { PathLock } from "../../../ffi/receiving/path_lock.ts";
import { receivingLibc } from "../../../ffi/receiving/receiving_libc.ts";
import { system } from "../../../ffi/system.ts";
import { hasProgram, openDescriptors } from "../../support/process.ts";
import { TestFolder } from "../../support/test_folder.ts";
import { testUnless } from "../../support/test_unless.ts";
import { exists } from "../../support/until.ts";

const { EAGAIN, ENOENT, ENOTDIR } = system.errno;

const STRANGER = ["setpriv", "--reuid=65534", "--clear-groups"];
const cannotLock = hasProgram("flock") ? undefined : "there is no flock";
const cannotBeStranger = hasProgram(...STRANGER as [string], "true")
  ? undefined
  : "this user cannot run a program as another one";

function take(path: string): PathLock {
  const lock = PathLock.take(path);
  assert(!isFailure(lock));
  return lock;
}

testUnless(cannotLock, "PathLock.take() locks out other processes", () => {
  using folder = new TestFolder();
  const path = folder.file("ü");
  const canLock = () =>
    hasProgram("flock", "--nonblock", `${path}.lock`, "true");
  const before = openDescriptors();
  const lock = take(path);
  assertEquals(canLock(), false);
  lock.release();
  assertEquals(exists(`${path}.lock`), false);
  assertEquals(openDescriptors(), before);
});

testUnless(
  cannotLock ?? cannotBeStranger,
  "PathLock.take() makes a lock that no other user can take",
  () => {
    using folder = new TestFolder();
    Deno.chmodSync(folder.path, 0o755);
    const lock = take(folder.file("socket"));
    const canLock = (path: string) => {
      const args = ["flock", "--nonblock", "--shared", path, "true"];
      return hasProgram(STRANGER[0], ...STRANGER.slice(1), ...args);
    };
    assertEquals(canLock(folder.path), true);
    assertEquals(canLock(folder.file("socket.lock")), false);
    lock.release();
  },
);

Deno.test("PathLock.take() waits less than 50 ms for a lock", () => {
  using folder = new TestFolder();
  const lock = take(folder.file("socket"));
  const before = openDescriptors();
  // The shortest of five, because other processes may delay this one.
  const durations = Array.from({ length: 5 }, () => {
    const start = performance.now();
    const failure = PathLock.take(folder.file("socket"));
    assertEquals(failure, failureOf("flock", EAGAIN));
    return performance.now() - start;
  });
  assert(Math.min(...durations) < 50, `${durations} ms`);
  assertEquals(openDescriptors(), before);
  // It leaves the directory to the holder.
  assert(exists(folder.file("socket.lock")));
  lock.release();
});

Deno.test("PathLock.take() takes the lock of a holder that was killed", () => {
  using folder = new TestFolder();
  const lock = take(folder.file("socket"));
  lock.close(); // without release(), as the kernel does
  assert(exists(folder.file("socket.lock")));
  take(folder.file("socket")).release();
  assertEquals(exists(folder.file("socket.lock")), false);
});

Deno.test("PathLock.take() tries again if it locked a removed directory", () => {
  using folder = new TestFolder();
  const path = folder.file("socket");
  const functions = receivingLibc();
  const { flock } = functions;
  let calls = 0;
  const replace = (fd: number, operation: number) => {
    if (++calls === 1) {
      // The last holder removes it, and another one takes the lock.
      Deno.removeSync(`${path}.lock`);
      Deno.mkdirSync(`${path}.lock`);
    }
    return flock(fd, operation);
  };
  try {
    Object.assign(functions, { flock: replace });
    take(path).release();
  } finally {
    Object.assign(functions, { flock });
  }
  assertEquals(calls, 2);
  assertEquals(exists(`${path}.lock`), false);
});

Deno.test("PathLock.take() follows no link and waits for no FIFO", () => {
  using folder = new TestFolder();
  Deno.mkdirSync(folder.file("target"));
  Deno.symlinkSync(folder.file("target"), folder.file("a.lock"));
  assertEquals(
    PathLock.take(folder.file("a")),
    failureOf("flock", EAGAIN),
  );
  new Deno.Command("mkfifo", { args: [folder.file("b.lock")] }).outputSync();
  const fifo = PathLock.take(folder.file("b"));
  if (!isFailure(fifo)) fifo.release();
  assert(exists(folder.file("b.lock")));
});

Deno.test("PathLock.take() fails if there is no directory", () => {
  using folder = new TestFolder();
  Deno.writeTextFileSync(folder.file("file"), "");
  const failures = ["none/socket", "file/socket"].map((name) =>
    PathLock.take(folder.file(name))
  );
  assertEquals(failures, [
    failureOf("mkdir", ENOENT),
    failureOf("mkdir", ENOTDIR),
  ]);
});
