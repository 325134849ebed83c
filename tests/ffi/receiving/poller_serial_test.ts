import { assert, assertEquals } from "@std/assert";
import { DatagramSocket } from "../../../ffi/datagram_socket.ts";
import { isFailure } from "../../../ffi/failure.ts";
import { BoundSocket } from "../../../ffi/receiving/bound_socket.ts";
import { createDatagramBuffer } from "../../../ffi/receiving/datagram_buffer.ts";
import { Poller, type Watch } from "../../../ffi/receiving/poller.ts";
import { unixAddress } from "../../../ffi/socket_address.ts";
import { messageOf } from "../../support/message.ts";
import { openDescriptors, settledDescriptors } from "../../support/process.ts";
import { TestFolder } from "../../support/test_folder.ts";
import { until } from "../../support/until.ts";

const buffer = createDatagramBuffer(4);

/** A watched socket, and one that sends to it. */
class Channel implements Disposable {
  readonly #folder = new TestFolder();
  readonly #receiver: BoundSocket;
  readonly #sender: DatagramSocket;
  readonly watch: Watch;
  /** How often the receiver was readable, and how many datagrams were read. */
  readonly counts = { readable: 0, read: 0 };

  constructor(poller: Poller, onReadable?: (channel: Channel) => void) {
    const address = unixAddress(this.#folder.file("socket"));
    const receiver = new BoundSocket(address);
    assertEquals(receiver.bind(), undefined);
    assert(!isFailure(receiver));
    this.#receiver = receiver;
    this.#sender = new DatagramSocket(address);
    assertEquals(this.#sender.connect(), undefined);
    const watch = poller.watch(receiver.fd, () => {
      this.counts.readable++;
      (onReadable ?? ((channel) => channel.read()))(this);
    });
    assert(!isFailure(watch));
    this.watch = watch;
  }

  send(): void {
    this.#sender.send(messageOf([1]));
  }

  read(): void {
    if (!isFailure(this.#receiver.receive(buffer))) this.counts.read++;
  }

  [Symbol.dispose](): void {
    this.#sender.close();
    this.#receiver.close();
    this.#folder[Symbol.dispose]();
  }
}

Deno.test("Poller calls back when a descriptor is readable", async () => {
  const poller = new Poller();
  using one = new Channel(poller);
  using two = new Channel(poller);
  one.watch.resume();
  two.watch.resume();
  for (let i = 1; i <= 10; i++) {
    one.send();
    await until("one is read", () => one.counts.read === i);
    two.send();
    two.send();
    await until("two is read", () => two.counts.read === 2 * i);
  }
  assertEquals(one.counts, { readable: 10, read: 10 });
  assertEquals(two.counts, { readable: 20, read: 20 });
  await Promise.all([one.watch.close(), two.watch.close()]);
});

Deno.test("Poller calls back again until the descriptor is read", async () => {
  const poller = new Poller();
  using channel = new Channel(poller, (channel) => {
    if (channel.counts.readable === 5) channel.read();
  });
  channel.send();
  channel.watch.resume();
  await until("it is read", () => channel.counts.read === 1);
  assertEquals(channel.counts.readable, 5);
  await channel.watch.close();
});

Deno.test("Watch.pause() stops the calls until resume()", async () => {
  const poller = new Poller();
  using paused = new Channel(poller, ({ watch }) => watch.pause());
  using other = new Channel(poller);
  paused.watch.resume();
  other.watch.resume();
  paused.send();
  await until("it is readable", () => paused.counts.readable === 1);
  other.send();
  await until("the other one is read", () => other.counts.read === 1);
  assertEquals(paused.counts.readable, 1);
  paused.watch.resume();
  await until("it is readable again", () => paused.counts.readable === 2);
  await Promise.all([paused.watch.close(), other.watch.close()]);
});

Deno.test("Poller has descriptors of its own only while a watch is open", async () => {
  const poller = new Poller();
  {
    using one = new Channel(poller);
    using two = new Channel(poller);
    const before = (await settledDescriptors()).length - 2;
    one.watch.resume();
    two.watch.resume();
    await two.watch.close();
    assertEquals(openDescriptors().length, before + 2);
    one.send();
    await until("it is read", () => one.counts.read === 1);
    await one.watch.close();
    assertEquals(openDescriptors().length, before);
  }
  using again = new Channel(poller);
  again.send();
  again.watch.resume();
  await until("it is read", () => again.counts.read === 1);
  await again.watch.close();
});
