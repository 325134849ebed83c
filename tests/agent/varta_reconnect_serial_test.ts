import {
  assertEquals,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { system } from "../../ffi/system.ts";
import { classifySendError, Status, Varta } from "../../mod.ts";
import { TestObserver } from "../support/observer.ts";
import { TestFolder } from "../support/test_folder.ts";

Deno.test("Varta.beat() finds the observer again after reconnectAfter drops", () => {
  using observer = new TestObserver();
  using agent = Varta.connect(observer.path, { reconnectAfter: 3 });
  const kinds = () => [1, 2, 3].map(() => agent.beat(Status.Ok).kind);
  assertEquals(kinds(), ["sent", "sent", "sent"]);
  observer.restart();
  assertEquals(kinds(), ["dropped", "dropped", "sent"]);
  assertEquals(observer.receiveAll().map(({ nonce }) => nonce), [6n]);
  assertEquals(agent.reconnects, 1);
});

Deno.test("Varta.beat() tries to reconnect at each drop until it succeeds", () => {
  using observer = new TestObserver();
  using agent = Varta.connect(observer.path, { reconnectAfter: 2 });
  observer.stop();
  observer.removeFile();
  for (let i = 0; i < 10; i++) {
    assertEquals(agent.beat(Status.Ok).kind, "dropped");
  }
  observer.start();
  assertEquals(agent.beat(Status.Ok), { kind: "sent" });
  assertEquals(observer.receive()?.nonce, 11n);
});

Deno.test("Varta.beat() leaves the full queue of an observer that hangs", () => {
  using observer = new TestObserver();
  using agent = Varta.connect(observer.path, { reconnectAfter: 1 });
  while (agent.beat(Status.Ok).kind === "sent");
  using folder = new TestFolder();
  // The one that hangs keeps its socket, and another one takes the path.
  Deno.renameSync(observer.path, folder.file("hangs"));
  const fresh = new TestObserver(observer.path);
  assertEquals(agent.beat(Status.Ok), { kind: "sent" });
  assertEquals(fresh.receiveAll().length, 1);
  fresh.stop();
});

Deno.test("Varta.reconnect() finds the new socket, and keeps nonce and clock", () => {
  using observer = new TestObserver();
  using agent = Varta.connect(observer.path);
  agent.beat(Status.Ok);
  const { timestamp } = observer.receive()!;
  observer.restart();
  agent.beat(Status.Ok);
  agent.reconnect();
  assertEquals(agent.beat(Status.Ok), { kind: "sent" });
  const frame = observer.receive()!;
  assertEquals(frame.nonce, 3n);
  assertEquals(frame.timestamp > timestamp, true);
});

Deno.test("Varta.reconnect() sets the count of drops to 0, and counts itself", () => {
  using observer = new TestObserver();
  using agent = Varta.connect(observer.path);
  observer.restart();
  agent.beat(Status.Ok);
  agent.beat(Status.Ok);
  assertStringIncludes(Deno.inspect(agent), "drops: 2,");
  assertEquals(agent.reconnects, 0);
  agent.reconnect();
  assertStringIncludes(Deno.inspect(agent), "drops: 0,");
  assertEquals(agent.reconnects, 1);
});

Deno.test("Varta.reconnect() keeps the count of drops if it fails", () => {
  using observer = new TestObserver();
  using agent = Varta.connect(observer.path);
  observer.stop();
  agent.beat(Status.Ok);
  assertThrows(() => agent.reconnect(), Deno.errors.ConnectionRefused);
  assertStringIncludes(Deno.inspect(agent), "drops: 1,");
  assertEquals(agent.reconnects, 0);
});

Deno.test("Varta.setReconnectAfter() changes nothing but the threshold", () => {
  using observer = new TestObserver();
  using agent = Varta.connect(observer.path);
  observer.restart();
  agent.beat(Status.Ok);
  agent.beat(Status.Ok);
  agent.setReconnectAfter(3);
  assertStringIncludes(
    Deno.inspect(agent),
    "nonce: 2, drops: 2, reconnectAfter: 3",
  );
  assertEquals(agent.beat(Status.Ok), { kind: "sent" });
  observer.restart();
  agent.setReconnectAfter(0);
  for (let i = 0; i < 10; i++) {
    assertEquals(agent.beat(Status.Ok).kind, "dropped");
  }
});

Deno.test("Varta.setReconnectAfter() takes an integer from 0 to 2^32 - 1", () => {
  using observer = new TestObserver();
  using agent = Varta.connect(observer.path);
  for (const drops of [0, 1, 2 ** 32 - 1]) agent.setReconnectAfter(drops);
  for (const drops of [-1, 0.5, 2 ** 32, NaN, "1", null, undefined, 1n]) {
    assertThrows(
      () => agent.setReconnectAfter(drops as number),
      typeof drops === "number" ? RangeError : TypeError,
      "Cannot set reconnectAfter: drops must be an integer from 0 to 4294967295",
    );
  }
});

Deno.test("Varta.beat() fails with EBADF after close(), whatever its input is", () => {
  using observer = new TestObserver();
  const agent = Varta.connect(observer.path, { reconnectAfter: 1 });
  agent.close();
  agent.close();
  const closed = classifySendError(system.errno.EBADF);
  assertStrictEquals(agent.beat(Status.Ok), closed);
  assertStrictEquals(agent.beat(Status.Stall, -1), closed);
  assertEquals(observer.receive(), undefined);
});

Deno.test("Varta.reconnect() throws BadResource after close()", () => {
  using observer = new TestObserver();
  const agent = Varta.connect(observer.path);
  agent.close();
  assertThrows(
    () => agent.reconnect(),
    Deno.errors.BadResource,
    `Cannot reconnect to ${JSON.stringify(observer.path)}: the agent is closed`,
  );
});

Deno.test("Varta shows its state to console.log()", () => {
  using observer = new TestObserver();
  using agent = Varta.connect(observer.path, { reconnectAfter: 3 });
  agent.beat(Status.Ok);
  const path = JSON.stringify(observer.path);
  assertEquals(
    Deno.inspect(agent),
    `Varta { ${path}, nonce: 1, drops: 0, reconnectAfter: 3 }`,
  );
  agent.close();
  assertEquals(Deno.inspect(agent), `Varta { ${path}, closed }`);
});
