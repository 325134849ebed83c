// Counts the descriptors of this process, so it must run alone in it.

import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { DatagramSocket } from "../../ffi/datagram_socket.ts";
import { Descriptor } from "../../ffi/descriptor.ts";
import { failureOf } from "../../ffi/failure.ts";
import { unixAddress } from "../../ffi/socket_address.ts";
import { system } from "../../ffi/system.ts";
import { collectGarbage } from "../support/exhaustion.ts";
import { messageOf } from "../support/message.ts";
import { TestObserver } from "../support/observer.ts";
import {
  openDescriptors,
  runProgram,
  settledDescriptors,
} from "../support/process.ts";
import { TestFolder } from "../support/test_folder.ts";
import { testUnless } from "../support/test_unless.ts";

const { errno } = system;
const BYTE = messageOf([1]);
const notLinux = Deno.build.os === "linux"
  ? undefined
  : "it reads Linux's /proc";

function connect(path: string): DatagramSocket {
  const socket = new DatagramSocket(unixAddress(path));
  assertEquals(socket.connect(), undefined);
  return socket;
}

Deno.test("DatagramSocket.send() sends one datagram of exactly the bytes", () => {
  using observer = new TestObserver();
  const socket = connect(observer.path);
  assertEquals(socket.send(messageOf([1, 2, 3])), undefined);
  assertEquals([...observer.receiveBytes()!], [1, 2, 3]);
  assertEquals(observer.receiveBytes(), undefined);
  socket.close();
});

Deno.test("DatagramSocket.send() returns the failure", () => {
  using observer = new TestObserver();
  const socket = connect(observer.path);
  observer.stop();
  const expected = ["ECONNREFUSED", "ENOTCONN"]; // on Linux
  for (const code of notLinux ? [] : expected) {
    assertStrictEquals(socket.send(BYTE), failureOf("send", errno[code]));
  }
  socket.close();
  assertStrictEquals(socket.send(BYTE), failureOf("connect", errno.EBADF));
  assertStrictEquals(socket.connect(), failureOf("connect", errno.EBADF));
});

Deno.test("DatagramSocket.send() does not wait if the queue is full", () => {
  using observer = new TestObserver();
  const socket = connect(observer.path);
  let failure;
  while ((failure = socket.send(BYTE)) === undefined);
  assertEquals(failure.errno, errno.EAGAIN);
  socket.close();
});

testUnless(
  notLinux,
  "DatagramSocket.connect() makes it non-blocking and close-on-exec",
  () => {
    using observer = new TestObserver();
    const socket = connect(observer.path);
    const info = Deno.readTextFileSync(`/proc/self/fdinfo/${socket.fd}`);
    const flags = parseInt(/flags:\s*([0-7]+)/.exec(info)![1], 8);
    assert(flags & 0o4000, "O_NONBLOCK");
    assert(flags & 0o2000000, "O_CLOEXEC");
    socket.close();
  },
);

testUnless(notLinux, "DatagramSocket.connect() binds no name", () => {
  using observer = new TestObserver();
  const socket = connect(observer.path);
  const link = Deno.readLinkSync(`/proc/self/fd/${socket.fd}`);
  const inode = /\d+/.exec(link)![0];
  const line = Deno.readTextFileSync("/proc/net/unix").split("\n")
    .find((line) => line.trim().split(/\s+/)[6] === inode);
  // Num RefCount Protocol Flags Type St Inode Path, see proc(5)
  assertEquals(line!.trim().split(/\s+/).length, 7);
  socket.close();
});

Deno.test("DatagramSocket.connect() leaves no descriptor if it fails", () => {
  using folder = new TestFolder();
  Deno.writeTextFileSync(folder.file("plain"), "");
  const before = openDescriptors();
  for (let i = 0; i < 100; i++) {
    for (
      const [file, code] of [["none", "ENOENT"], ["plain", "ECONNREFUSED"]]
    ) {
      const socket = new DatagramSocket(unixAddress(folder.file(file)));
      const failure = failureOf("connect", errno[code]);
      assertStrictEquals(socket.connect(), failure);
      assertStrictEquals(socket.send(BYTE), failure);
    }
  }
  assertEquals(openDescriptors(), before);
});

Deno.test("Descriptor.close() closes its own descriptor, once", () => {
  using observer = new TestObserver();
  const before = openDescriptors();
  const socket = connect(observer.path);
  const { fd } = socket;
  assertEquals(openDescriptors(), [...before, fd].sort((a, b) => a - b));
  socket.close();
  assertEquals(socket.fd, -1);
  assertEquals(openDescriptors(), before);
  // The number goes to another owner, who keeps it.
  const other = connect(observer.path);
  assertEquals(other.fd, fd);
  socket.close();
  assertEquals(other.send(BYTE), undefined);
  other.close();
});

Deno.test("Descriptor closes nothing if it never got a descriptor", () => {
  const before = openDescriptors();
  const descriptor = new Descriptor();
  assertEquals(descriptor.fd, -1);
  descriptor.close();
  assertEquals(openDescriptors(), before);
});

Deno.test("Descriptor is closed when it is garbage-collected", async () => {
  using observer = new TestObserver();
  const before = await settledDescriptors();
  (() => {
    for (let i = 0; i < 100; i++) connect(observer.path);
  })();
  assertEquals(openDescriptors().length, before.length + 100);
  await collectGarbage(() => openDescriptors().length === before.length);
  assertEquals(openDescriptors(), before);
});

Deno.test("Descriptor that is closed is not closed again by the collector", async () => {
  using observer = new TestObserver();
  const collected: number[] = [];
  const registry = new FinalizationRegistry<number>((i) => collected.push(i));
  (() => {
    const socket = connect(observer.path);
    registry.register(socket, 1);
    socket.close();
  })();
  const other = connect(observer.path); // has the number now
  await collectGarbage(() => collected.length === 1);
  // The module's own registry may be called in a later task.
  for (let i = 0; i < 5; i++) await new Promise((turn) => setTimeout(turn));
  assertEquals(other.send(BYTE), undefined);
  other.close();
});

Deno.test("DatagramSocket does not keep the process alive", async () => {
  using observer = new TestObserver();
  const { code, stderr } = await runProgram(
    import.meta.resolve("./programs/keep_socket.ts"),
    [observer.path],
    ["--allow-ffi"],
  );
  assertEquals({ code, stderr }, { code: 0, stderr: "" });
  assertEquals(observer.receiveBytes()?.length, 4);
});
