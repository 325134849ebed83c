import { assert, assertEquals } from "@std/assert";
import { ReceivingSocket } from "../../../ffi/receiving/bound_socket.ts";
import { DatagramSocket } from "../../../ffi/datagram_socket.ts";
import { unixAddress } from "../../../ffi/socket_address.ts";
import { Waiter } from "../../../ffi/receiving/poller.ts";
import { collectGarbage } from "../../support/exhaustion.ts";
import { messageOf } from "../../support/message.ts";
import { TestFolder } from "../../support/observer.ts";
import { openDescriptors } from "../../support/process.ts";

function open(): Waiter {
  const waiter = Waiter.open();
  assert(waiter instanceof Waiter);
  return waiter;
}

/** Whether a promise is still pending after a while. */
function isPending(promise: Promise<void>): Promise<boolean> {
  return Promise.race([
    promise.then(() => false),
    new Promise<boolean>((resolve) => setTimeout(resolve, 50, true)),
  ]);
}

Deno.test("Waiter.wait() ends when the descriptor can be read, or at wake()", async () => {
  using folder = new TestFolder();
  const socket = ReceivingSocket.bind(unixAddress(folder.file("socket")));
  const sender = DatagramSocket.connect(unixAddress(folder.file("socket")));
  assert(socket instanceof ReceivingSocket);
  assert(sender instanceof DatagramSocket);
  const waiter = open();
  waiter.wake(); // nobody waits: it is not kept for the next one
  for (let i = 0; i < 3; i++) {
    const wait = waiter.wait(socket.fd);
    assert(await isPending(wait));
    waiter.wake();
    waiter.wake();
    await wait;
  }
  const wait = waiter.wait(socket.fd);
  assert(await isPending(wait));
  sender.send(messageOf(new Uint32Array(1)), 1n);
  await wait;
  await waiter.wait(socket.fd); // nobody has read it
  waiter.close();
  sender.close();
  socket.close();
});

Deno.test("Waiter.close() gives its descriptors back, once; so does the collector", async () => {
  const before = openDescriptors();
  const waiter = open();
  assertEquals(openDescriptors().length, before.length + 2);
  waiter.close();
  const other = open(); // has the numbers now
  waiter.close();
  assertEquals(openDescriptors().length, before.length + 2);
  other.close();
  (() => {
    for (let i = 0; i < 50; i++) open();
  })();
  await collectGarbage(() => openDescriptors().length === before.length);
  assertEquals(openDescriptors(), before);
});
