// Counts the descriptors of this process, so it must run alone in it.

import { assertEquals, assertThrows } from "@std/assert";
import { Status, Varta } from "../../mod.ts";
import { openDescriptors } from "../support/process.ts";
import { canSeal } from "../support/sealing.ts";
import { UdpObserver } from "../support/udp_observer.ts";

const KEY = { key: new Uint8Array(32).fill(1) };

Deno.test("Varta.connectUdp() leaves no descriptor if it throws", () => {
  const before = openDescriptors();
  const attempts = [
    () => Varta.connectUdp("localhost:9000"),
    () => Varta.connectUdp("127.0.0.1:0"),
    () => Varta.connectUdp("127.0.0.1:9", { reconnectAfter: -1 }),
    () => Varta.connectUdp("127.255.255.255:9000"), // a broadcast address
    () => Varta.connectSecureUdp("127.0.0.1:9", { key: new Uint8Array(31) }),
    () => Varta.connectSecureUdp("127.255.255.255:9", KEY),
  ];
  for (const attempt of attempts) {
    assertThrows(attempt);
    assertEquals(openDescriptors(), before);
  }
});

Deno.test("Varta.close() closes the descriptor of a UDP agent", () => {
  const before = openDescriptors();
  const agents = [
    Varta.connectUdp("127.0.0.1:9"),
    ...canSeal ? [Varta.connectSecureUdp("127.0.0.1:9", KEY)] : [],
  ];
  assertEquals(openDescriptors().length, before.length + agents.length);
  for (const agent of agents) agent.close();
  assertEquals(openDescriptors(), before);
});

Deno.test("Varta.beat() keeps one descriptor when it reconnects over UDP", () => {
  using observer = new UdpObserver();
  using agent = Varta.connectUdp(observer.address, { reconnectAfter: 1 });
  observer.stop();
  const before = openDescriptors();
  for (let i = 0; i < 10; i++) agent.beat(Status.Ok);
  agent.reconnect();
  assertEquals(openDescriptors().length, before.length);
});
