import { assert, assertEquals } from "@std/assert";
import { DatagramSocket } from "../../../ffi/datagram_socket.ts";
import { failureOf } from "../../../ffi/failure.ts";
import { BoundSocket } from "../../../ffi/receiving/bound_socket.ts";
import {
  createDatagramBuffer,
  type DatagramBuffer,
} from "../../../ffi/receiving/datagram_buffer.ts";
import { inetAddress, unixAddress } from "../../../ffi/socket_address.ts";
import { system } from "../../../ffi/system.ts";
import { collectGarbage } from "../../support/exhaustion.ts";
import { messageOf } from "../../support/message.ts";
import { openDescriptors, settledDescriptors } from "../../support/process.ts";
import { TestFolder } from "../../support/test_folder.ts";
import { testUnless } from "../../support/test_unless.ts";
import { UdpObserver } from "../../support/udp_observer.ts";

const { EADDRINUSE, EAGAIN, EBADF } = system.errno;
const notLinux = Deno.build.os === "linux" ? undefined : "not Linux";
const notReported = system.SO_PASSCRED === 0
  ? "the system does not report senders"
  : undefined;

function bind(path: string, mode?: number): BoundSocket {
  const socket = new BoundSocket(unixAddress(path), mode);
  assertEquals(socket.bind(), undefined);
  return socket;
}

function connect(path: string): DatagramSocket {
  const socket = new DatagramSocket(unixAddress(path));
  assertEquals(socket.connect(), undefined);
  return socket;
}

function testReceive(buffer: DatagramBuffer): void {
  using folder = new TestFolder();
  const { syscall } = buffer;
  const socket = bind(folder.file("socket"));
  assertEquals(socket.receive(buffer), failureOf(syscall, EAGAIN));
  const sender = connect(folder.file("socket"));
  sender.send(messageOf([1, 2, 3]));
  sender.send(messageOf([1, 2, 3, 4, 5, 6, 7, 8, 9]));
  sender.send(messageOf([]));
  assertEquals(socket.receive(buffer), 3);
  assertEquals([...buffer.bytes.subarray(0, 3)], [1, 2, 3]);
  assertEquals(socket.receive(buffer), 8);
  assertEquals([...buffer.bytes], [1, 2, 3, 4, 5, 6, 7, 8]);
  assertEquals(socket.receive(buffer), 0);
  assertEquals(socket.receive(buffer), failureOf(syscall, EAGAIN));
  sender.close();
  socket.close();
  assertEquals(socket.receive(buffer), failureOf(syscall, EBADF));
}

Deno.test("BoundSocket.receive() receives one datagram and does not wait", () => {
  testReceive(createDatagramBuffer(8));
});

Deno.test("BoundSocket.receive() works on a system that reports no sender", () => {
  const buffer = createDatagramBuffer(8, { ...system, SO_PASSCRED: 0 });
  testReceive(buffer);
  assertEquals(buffer.sender, undefined);
});

testUnless(notReported, "BoundSocket.receive() gets the sender", () => {
  using folder = new TestFolder();
  const socket = bind(folder.file("socket"));
  const buffer = createDatagramBuffer(4);
  const sender = connect(folder.file("socket"));
  sender.send(messageOf([1]));
  socket.receive(buffer);
  const expected = { pid: Deno.pid, uid: Deno.uid()!, gid: Deno.gid()! };
  assertEquals(buffer.sender, expected);
  assertEquals(buffer.hasDescriptors, false);
  sender.close();
  socket.close();
});

Deno.test("BoundSocket.receive() gets no sender if the kernel reports none", () => {
  using folder = new TestFolder();
  const buffer = createDatagramBuffer(4);
  const unix = bind(folder.file("socket"));
  const sender = connect(folder.file("socket"));
  sender.send(messageOf([1]));
  assertEquals(unix.receive(buffer), 1); // with a sender, on Linux
  const free = new UdpObserver();
  free.stop();
  const address = inetAddress(free.hostname, free.port);
  const udp = new BoundSocket(address);
  assertEquals(udp.bind(), undefined);
  const other = new DatagramSocket(address);
  assertEquals(other.send(messageOf([2])), undefined);
  assertEquals(udp.receive(buffer), 1);
  assertEquals(buffer.sender, undefined);
  for (const socket of [sender, other, unix, udp]) socket.close();
});

Deno.test("BoundSocket.bind() fails at a bound path, and leaks nothing", () => {
  using folder = new TestFolder();
  const path = folder.file("socket");
  const socket = bind(path);
  const before = openDescriptors();
  for (let i = 0; i < 100; i++) {
    const failure = new BoundSocket(unixAddress(path)).bind();
    assertEquals(failure, failureOf("bind", EADDRINUSE));
  }
  assertEquals(openDescriptors(), before);
  socket.close();
});

testUnless(
  system.fileTakesSocketMode ? undefined : "the system chooses the mode",
  "BoundSocket.bind() creates the file with the mode",
  () => {
    using folder = new TestFolder();
    for (const mode of [0o600, 0o000, 0o640]) {
      const path = folder.file(`socket-${mode}`);
      const socket = bind(path, mode);
      assertEquals(Deno.lstatSync(path).mode! & 0o777, mode);
      socket.close();
    }
  },
);

testUnless(notLinux, "BoundSocket is non-blocking and close-on-exec", () => {
  using folder = new TestFolder();
  const socket = bind(folder.file("socket"));
  const info = Deno.readTextFileSync(`/proc/self/fdinfo/${socket.fd}`);
  const flags = parseInt(/flags:\s*([0-7]+)/.exec(info)![1], 8);
  assert(flags & system.O_NONBLOCK, "O_NONBLOCK");
  assert(flags & system.O_CLOEXEC, "O_CLOEXEC");
  socket.close();
});

Deno.test("BoundSocket is closed when it is garbage-collected", async () => {
  using folder = new TestFolder();
  const before = await settledDescriptors();
  (() => {
    for (let i = 0; i < 100; i++) bind(folder.file(`${i}`));
  })();
  assertEquals(openDescriptors().length, before.length + 100);
  await collectGarbage(() => openDescriptors().length === before.length);
  assertEquals(openDescriptors(), before);
});
