import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { DatagramSocket } from "../../ffi/datagram_socket.ts";
import { system } from "../../ffi/system.ts";
import type { SystemFailure } from "../../ffi/failure.ts";
import { unixAddress } from "../../ffi/socket_address.ts";
import { collectGarbage, withoutDescriptors } from "../support/exhaustion.ts";
import { messageOf } from "../support/message.ts";
import { TestFolder, TestObserver } from "../support/observer.ts";
import { openDescriptors, runDeno } from "../support/process.ts";

const { errno } = system;
const BYTE = messageOf(new Uint32Array(1));
const notLinux = Deno.build.os !== "linux";

function connect(path: string): DatagramSocket {
  const socket = DatagramSocket.connect(unixAddress(path));
  assert(socket instanceof DatagramSocket);
  return socket;
}

function failToConnect(path: string): SystemFailure {
  const failure = DatagramSocket.connect(unixAddress(path));
  assert(!(failure instanceof DatagramSocket));
  return failure;
}

/** The descriptor that `open` takes. */
function descriptorOf(open: () => void): number {
  const before = openDescriptors();
  open();
  const added = openDescriptors().filter((fd) => !before.includes(fd));
  assertEquals(added.length, 1);
  return added[0];
}

Deno.test("DatagramSocket.send() delivers one datagram of exactly the bytes", () => {
  using observer = new TestObserver();
  const socket = connect(observer.path);
  const words = new Uint32Array([0x04030201]);
  assertEquals(socket.send(messageOf(words), 3n), 3);
  assertEquals(observer.receiveBytes(), new Uint8Array([1, 2, 3]));
  assertEquals(observer.receiveBytes(), undefined);
  socket.close();
});

Deno.test("DatagramSocket.send() answers with the negated errno", () => {
  using observer = new TestObserver();
  const socket = connect(observer.path);
  observer.stop();
  assertEquals(socket.send(BYTE, 1n), -errno.ECONNREFUSED);
  assertEquals(socket.send(BYTE, 1n), -errno.ENOTCONN);
  socket.close();
  assertEquals(socket.send(BYTE, 1n), -errno.EBADF);
});

Deno.test("DatagramSocket.send() does not wait where the queue is full", () => {
  using observer = new TestObserver();
  const socket = connect(observer.path);
  let sent = 0;
  while (sent >= 0) sent = socket.send(BYTE, 1n);
  assertEquals(sent, -errno.EAGAIN);
  socket.close();
});

Deno.test({
  name: "DatagramSocket.connect() makes it non-blocking and close-on-exec",
  ignore: notLinux,
  fn() {
    using observer = new TestObserver();
    let socket: DatagramSocket;
    const fd = descriptorOf(() => socket = connect(observer.path));
    const info = Deno.readTextFileSync(`/proc/self/fdinfo/${fd}`);
    const flags = parseInt(/flags:\s*([0-7]+)/.exec(info)![1], 8);
    assert(flags & 0o4000, "O_NONBLOCK");
    assert(flags & 0o2000000, "O_CLOEXEC");
    socket!.close();
  },
});

Deno.test({
  name: "DatagramSocket.connect() never binds a name",
  ignore: notLinux,
  fn() {
    using observer = new TestObserver();
    let socket: DatagramSocket;
    const fd = descriptorOf(() => socket = connect(observer.path));
    const inode = /\d+/.exec(Deno.readLinkSync(`/proc/self/fd/${fd}`))![0];
    const line = Deno.readTextFileSync("/proc/net/unix").split("\n")
      .find((line) => line.trim().split(/\s+/)[6] === inode);
    // Num RefCount Protocol Flags Type St Inode Path, see proc(5)
    assertEquals(line!.trim().split(/\s+/).length, 7);
    socket!.close();
  },
});

Deno.test("DatagramSocket.connect() leaks nothing where it fails", () => {
  using folder = new TestFolder();
  Deno.writeTextFileSync(folder.file("plain"), "");
  const before = openDescriptors();
  for (let i = 0; i < 100; i++) {
    assertEquals(failToConnect(folder.file("none")), {
      syscall: "connect",
      errno: errno.ENOENT,
    });
    assertEquals(
      failToConnect(folder.file("plain")).errno,
      errno.ECONNREFUSED,
    );
  }
  assertEquals(openDescriptors(), before);
});

Deno.test("DatagramSocket.connect() fails the same way with the same object", () => {
  using folder = new TestFolder();
  assertStrictEquals(
    failToConnect(folder.file("none")),
    failToConnect(folder.file("none")),
  );
});

Deno.test({
  name: "DatagramSocket.connect() fails in socket where no descriptor is left",
  ignore: notLinux,
  fn() {
    using observer = new TestObserver();
    assertEquals(withoutDescriptors(() => failToConnect(observer.path)), {
      syscall: "socket",
      errno: errno.EMFILE,
    });
    connect(observer.path).close();
  },
});

Deno.test("DatagramSocket.close() gives the descriptor back, once", () => {
  using observer = new TestObserver();
  const before = openDescriptors();
  const socket = connect(observer.path);
  socket.close();
  assertEquals(openDescriptors(), before);
  // The number goes to another owner, who must keep it.
  const other = connect(observer.path);
  socket.close();
  assertEquals(other.send(BYTE, 1n), 1);
  other.close();
});

Deno.test("DatagramSocket gives its descriptor back when it is collected", async () => {
  using observer = new TestObserver();
  const before = openDescriptors();
  (() => {
    for (let i = 0; i < 100; i++) connect(observer.path);
  })();
  assertEquals(openDescriptors().length, before.length + 100);
  await collectGarbage(() => openDescriptors().length === before.length);
  assertEquals(openDescriptors(), before);
});

Deno.test("DatagramSocket closed by hand is not closed again when it is collected", async () => {
  using observer = new TestObserver();
  const collected: number[] = [];
  const registry = new FinalizationRegistry<number>((i) => collected.push(i));
  (() => {
    const socket = connect(observer.path);
    registry.register(socket, 1);
    socket.close();
  })();
  const successor = connect(observer.path); // has the number now
  await collectGarbage(() => collected.length === 1);
  assertEquals(collected, [1]);
  // Another registry's turn may come in a later task.
  for (let i = 0; i < 5; i++) await new Promise((turn) => setTimeout(turn));
  assertEquals(successor.send(BYTE, 1n), 1);
  successor.close();
});

Deno.test("DatagramSocket keeps no process alive", async () => {
  using observer = new TestObserver();
  const ffi = new URL("../../ffi/", import.meta.url);
  const { code, stderr } = await runDeno(
    `import { DatagramSocket } from "${ffi}datagram_socket.ts";
     import { libc } from "${ffi}libc.ts";
     import { unixAddress } from "${ffi}socket_address.ts";
     globalThis.kept = DatagramSocket.connect(unixAddress("${observer.path}"));
     const words = new Uint32Array(1);
     kept.send({ memory: libc().memoryOf(words, 0, 1), words }, 1n);`,
    ["--allow-ffi"],
  );
  assertEquals({ code, stderr }, { code: 0, stderr: "" });
  assertEquals(observer.receiveBytes()?.length, 1);
});
