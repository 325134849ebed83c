import { assert, assertEquals } from "@std/assert";
import { isFailure } from "../../ffi/failure.ts";
import { unixAddress } from "../../ffi/socket_address.ts";
import { system } from "../../ffi/system.ts";
import { inspectReceiver, type UnixReceiver } from "../../ffi/unix_receiver.ts";
import { Status, Varta } from "../../mod.ts";
import { TestObserver } from "../support/observer.ts";
import { hasProgram, isEmulated, openDescriptors } from "../support/process.ts";
import { TestFolder } from "../support/test_folder.ts";
import { testUnless } from "../support/test_unless.ts";

function inspect(path: string, timeout = 0): UnixReceiver {
  const receiver = inspectReceiver(unixAddress(path), timeout);
  assert(!isFailure(receiver), Deno.inspect(receiver));
  return receiver;
}

/** The inodes of the sockets of this process. */
function inodes(): Set<number> {
  const links = Array.from(
    Deno.readDirSync("/proc/self/fd"),
    ({ name }) => {
      try {
        return Deno.readLinkSync(`/proc/self/fd/${name}`);
      } catch {
        return ""; // the descriptor of this folder
      }
    },
  );
  return new Set(
    links.map((link) => Number(/^socket:\[(\d+)\]$/.exec(link)?.[1])),
  );
}

// Up to Deno 2.7, a library that a test opens is a leak of that test.
inspectReceiver(unixAddress("/no/such/socket"), 0);

testUnless(
  Deno.build.os !== "linux"
    ? "only Linux tells it"
    : isEmulated
    ? "the emulator has no sock_diag"
    : undefined,
  "inspectReceiver() returns the inode of the socket",
  () => {
    const before = inodes();
    using observer = new TestObserver();
    const [inode, ...others] = inodes().difference(before);
    assertEquals(others, []);
    assertEquals(inspect(observer.path).inode, inode);
    // A row of /proc/net/unix has its old path.
    Deno.renameSync(observer.path, `${observer.path}2`);
    assertEquals(inspect(`${observer.path}2`).inode, inode);
  },
);

Deno.test("inspectReceiver() sends nothing, and leaves no descriptor", () => {
  using observer = new TestObserver();
  const before = openDescriptors();
  inspect(observer.path);
  assertEquals(openDescriptors(), before);
  assertEquals(observer.receiveBytes(), undefined);
});

testUnless(
  Deno.build.os === "linux" ? undefined : "only Linux polls for the receiver",
  "inspectReceiver() waits for room in the queue, until the timeout",
  () => {
    using observer = new TestObserver();
    assert(inspect(observer.path).hasRoom);
    using agent = Varta.connect(observer.path, { version: 2 });
    while (agent.beat(Status.Ok).kind === "sent");
    const start = performance.now();
    assert(!inspect(observer.path, 50).hasRoom);
    assert(performance.now() - start >= 49);
    observer.receiveAll();
    assert(inspect(observer.path).hasRoom);
  },
);

Deno.test("inspectReceiver() returns the failure of the connect", () => {
  using folder = new TestFolder();
  const before = openDescriptors();
  const failure = inspectReceiver(unixAddress(folder.file("none")), 0);
  assert(isFailure(failure));
  assertEquals(failure.syscall, "connect");
  assertEquals(failure.errno, system.errno.ENOENT);
  assertEquals(openDescriptors(), before);
});

testUnless(
  hasProgram("unshare", "--net", "true")
    ? undefined
    : "unshare cannot create a network namespace",
  "inspectReceiver() returns the same inode in another network namespace",
  async () => {
    using observer = new TestObserver();
    const { inode } = inspect(observer.path);
    const code = `
      import { unixAddress } from "${
      import.meta.resolve("../../ffi/socket_address.ts")
    }";
      import { inspectReceiver } from "${
      import.meta.resolve("../../ffi/unix_receiver.ts")
    }";
      console.log(inspectReceiver(unixAddress(${
      JSON.stringify(observer.path)
    }), 0).inode);
    `;
    const { stdout } = await new Deno.Command("unshare", {
      args: ["--net", Deno.execPath(), "eval", code],
    }).output();
    assertEquals(new TextDecoder().decode(stdout).trim(), `${inode}`);
  },
);
