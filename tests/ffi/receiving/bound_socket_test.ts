import { assert, assertEquals } from "@std/assert";
import {
  createDatagramBuffer,
  type DatagramBuffer,
} from "../../../ffi/receiving/datagram_buffer.ts";
import { DatagramSocket } from "../../../ffi/datagram_socket.ts";
import { ReceivingSocket } from "../../../ffi/receiving/bound_socket.ts";
import { system } from "../../../ffi/system.ts";
import { unixAddress } from "../../../ffi/socket_address.ts";
import { collectGarbage } from "../../support/exhaustion.ts";
import { messageOf } from "../../support/message.ts";
import { TestFolder } from "../../support/observer.ts";
import { openDescriptors } from "../../support/process.ts";

const { errno } = system;
const notLinux = Deno.build.os !== "linux";

function bind(path: string, mode?: number): ReceivingSocket {
  const socket = ReceivingSocket.bind(unixAddress(path), mode);
  assert(socket instanceof ReceivingSocket);
  return socket;
}

function connect(path: string): DatagramSocket {
  const socket = DatagramSocket.connect(unixAddress(path));
  assert(socket instanceof DatagramSocket);
  return socket;
}

Deno.test("ReceivingSocket.receive() gives one datagram, and does not wait where nothing is queued", () => {
  assertReceives(createDatagramBuffer(8));
});

Deno.test("ReceivingSocket.receive() gives it also where the system attests no sender", () => {
  const buffer = createDatagramBuffer(8, { ...system, SO_PASSCRED: 0 });
  assertReceives(buffer);
  assertEquals(buffer.sender, undefined);
});

function assertReceives(buffer: DatagramBuffer): void {
  using folder = new TestFolder();
  const socket = bind(folder.file("socket"));
  assertEquals(socket.receive(buffer), -errno.EAGAIN);
  const sender = connect(folder.file("socket"));
  sender.send(messageOf(new Uint32Array([0x04030201])), 3n);
  sender.send(messageOf(new Uint32Array([5, 6, 7])), 12n);
  assertEquals(socket.receive(buffer), 3);
  assertEquals(buffer.bytes.subarray(0, 3), new Uint8Array([1, 2, 3]));
  assertEquals(socket.receive(buffer), 8);
  assertEquals(buffer.bytes, new Uint8Array([5, 0, 0, 0, 6, 0, 0, 0]));
  assertEquals(socket.receive(buffer), -errno.EAGAIN);
  sender.close();
  socket.close();
  assertEquals(socket.receive(buffer), -errno.EBADF);
}

Deno.test({
  name: "ReceivingSocket.receive() tells who sent the datagram",
  ignore: system.SO_PASSCRED === 0,
  fn() {
    using folder = new TestFolder();
    const socket = bind(folder.file("socket"));
    const buffer = createDatagramBuffer(4);
    const sender = connect(folder.file("socket"));
    sender.send(messageOf(new Uint32Array(1)), 1n);
    socket.receive(buffer);
    assertEquals(buffer.sender, {
      pid: Deno.pid,
      uid: Deno.uid()!,
      gid: Deno.gid()!,
    });
    sender.close();
    socket.close();
  },
});

Deno.test("ReceivingSocket.bind() fails where the path is taken, and leaks nothing", () => {
  using folder = new TestFolder();
  const path = folder.file("socket");
  const socket = bind(path);
  const before = openDescriptors();
  for (let i = 0; i < 100; i++) {
    assertEquals(ReceivingSocket.bind(unixAddress(path)), {
      syscall: "bind",
      errno: errno.EADDRINUSE,
    });
  }
  assertEquals(openDescriptors(), before);
  socket.close();
});

Deno.test({
  name:
    "ReceivingSocket.bind() makes its file with the mode, never a wider one",
  ignore: !system.fileTakesSocketMode,
  fn() {
    using folder = new TestFolder();
    for (const mode of [0o600, 0o000, 0o640]) {
      const path = folder.file(`socket-${mode}`);
      const socket = bind(path, mode);
      assertEquals(Deno.lstatSync(path).mode! & 0o777, mode);
      socket.close();
    }
  },
});

Deno.test({
  name: "ReceivingSocket.bind() makes it non-blocking and close-on-exec",
  ignore: notLinux,
  fn() {
    using folder = new TestFolder();
    const socket = bind(folder.file("socket"));
    const info = Deno.readTextFileSync(`/proc/self/fdinfo/${socket.fd}`);
    const flags = parseInt(/flags:\s*([0-7]+)/.exec(info)![1], 8);
    assert(flags & 0o4000, "O_NONBLOCK");
    assert(flags & 0o2000000, "O_CLOEXEC");
    socket.close();
  },
});

Deno.test("ReceivingSocket gives its descriptor back when it is collected", async () => {
  using folder = new TestFolder();
  const before = openDescriptors();
  (() => {
    for (let i = 0; i < 100; i++) bind(folder.file(`${i}`));
  })();
  assertEquals(openDescriptors().length, before.length + 100);
  await collectGarbage(() => openDescriptors().length === before.length);
  assertEquals(openDescriptors(), before);
});
