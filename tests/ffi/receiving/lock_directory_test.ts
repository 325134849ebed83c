import { assert, assertEquals, assertThrows } from "@std/assert";
import { withLockedDirectory } from "../../../ffi/receiving/lock_directory.ts";
import { TestFolder } from "../../support/observer.ts";
import { hasProgram, openDescriptors } from "../../support/process.ts";

const cannotLock = !hasProgram("flock");

/** Whether another process can lock the directory at once. */
function canLock(path: string): boolean {
  const args = ["--nonblock", path, "true"];
  return new Deno.Command("flock", { args }).outputSync().success;
}

Deno.test({
  name: "withLockedDirectory() locks out other processes until its action ends",
  ignore: cannotLock,
  fn() {
    using folder = new TestFolder();
    const before = openDescriptors();
    const locked = withLockedDirectory(
      folder.file("socket"),
      () => canLock(folder.path),
    );
    assertEquals([locked, canLock(folder.path)], [false, true]);
    assertThrows(() =>
      withLockedDirectory(folder.file("socket"), () => {
        throw new Error();
      })
    );
    assert(canLock(folder.path));
    assertEquals(openDescriptors(), before);
  },
});

Deno.test({
  name: "withLockedDirectory() goes without where another keeps the lock",
  ignore: cannotLock,
  async fn() {
    using folder = new TestFolder();
    const holder = new Deno.Command("flock", {
      args: [folder.path, "sh", "-c", "echo locked; read line"],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    const output = holder.stdout.getReader();
    await output.read();
    assertEquals(withLockedDirectory(folder.file("socket"), () => 7), 7);
    await holder.stdin.close();
    await output.cancel();
    await holder.status;
  },
});

Deno.test("withLockedDirectory() goes without where there is no directory", () => {
  using folder = new TestFolder();
  assertEquals(withLockedDirectory(folder.file("none/socket"), () => 7), 7);
  assertEquals(withLockedDirectory("socket", () => 8), 8);
});
