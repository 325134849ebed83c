import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { system } from "../../ffi/system.ts";
import { classifySendError, Status, Varta } from "../../mod.ts";
import { collectGarbage, withoutDescriptors } from "../support/exhaustion.ts";
import { TestFolder, TestObserver } from "../support/observer.ts";
import { openDescriptors } from "../support/process.ts";
import { stateOf } from "../support/scripted_endpoint.ts";

Deno.test("Varta.beat() finds the observer again behind reconnectAfter drops", () => {
  using observer = new TestObserver();
  using agent = Varta.connect(observer.path, { reconnectAfter: 3 });
  const kinds = () => [1, 2, 3].map(() => agent.beat(Status.Ok).kind);
  assertEquals(kinds(), ["sent", "sent", "sent"]);
  observer.restart();
  assertEquals(kinds(), ["dropped", "dropped", "sent"]);
  assertEquals(observer.receiveAll().map(({ nonce }) => nonce), [6n]);
});

Deno.test("Varta.beat() tries to reconnect with every drop until the observer is back", () => {
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

Deno.test("Varta.beat() reconnects out of a full queue of an observer that hangs", () => {
  using observer = new TestObserver();
  using agent = Varta.connect(observer.path, { reconnectAfter: 1 });
  while (agent.beat(Status.Ok).kind === "sent");
  using successor = new TestFolder();
  // The one that hangs keeps its socket, and another takes the path.
  Deno.renameSync(observer.path, successor.file("hangs"));
  const fresh = new TestObserver(observer.path);
  assertEquals(agent.beat(Status.Ok), { kind: "sent" });
  assertEquals(fresh.receiveAll().length, 1);
  fresh.stop();
});

Deno.test("Varta.reconnect() connects to the path's present socket; nonce and clock go on", () => {
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

Deno.test("Varta.reconnect() sets the count of drops to 0", () => {
  using observer = new TestObserver();
  using agent = Varta.connect(observer.path);
  observer.restart();
  agent.beat(Status.Ok);
  agent.beat(Status.Ok);
  assertEquals(stateOf(agent).drops, 2);
  agent.reconnect();
  assertEquals(stateOf(agent).drops, 0);
});

Deno.test("Varta.reconnect() keeps the descriptors at one", () => {
  using observer = new TestObserver();
  const before = openDescriptors();
  using agent = Varta.connect(observer.path);
  for (let i = 0; i < 100; i++) agent.reconnect();
  assertEquals(openDescriptors().length, before.length + 1);
  agent.close();
  assertEquals(openDescriptors(), before);
});

Deno.test("Varta.reconnect() throws as connect() does, and leaves the agent as it was", () => {
  using observer = new TestObserver();
  using agent = Varta.connect(observer.path);
  agent.beat(Status.Ok);
  observer.removeFile();
  const before = openDescriptors();
  const state = stateOf(agent);
  const error = assertThrows(() => agent.reconnect(), Deno.errors.NotFound);
  assertEquals(
    error.message,
    `Cannot connect to "${observer.path}": there is no such file: start the observer, or correct the path (ENOENT from connect)`,
  );
  assertEquals(openDescriptors(), before);
  assertEquals(stateOf(agent), state);
  // The old socket still reaches the old observer.
  assertEquals(agent.beat(Status.Ok), { kind: "sent" });
  assertEquals(observer.receiveAll().length, 2);
});

Deno.test("Varta.reconnect() keeps the count of drops where it fails", () => {
  using observer = new TestObserver();
  using agent = Varta.connect(observer.path);
  observer.stop();
  agent.beat(Status.Ok);
  assertThrows(() => agent.reconnect(), Deno.errors.ConnectionRefused);
  assertEquals(stateOf(agent).drops, 1);
});

Deno.test({
  name:
    "Varta.reconnect() throws, and the old socket lives on, where no descriptor is left",
  ignore: Deno.build.os !== "linux",
  fn() {
    using observer = new TestObserver();
    using agent = Varta.connect(observer.path, { reconnectAfter: 1 });
    const before = openDescriptors();
    withoutDescriptors(() => {
      assertThrows(
        () => agent.reconnect(),
        Error,
        "this process has no descriptor left",
      );
      assertEquals(agent.beat(Status.Ok), { kind: "sent" });
      // A beat's own reconnect fails as well, and the beat says what it is.
      while (agent.beat(Status.Ok).kind === "sent");
      assertEquals(agent.beat(Status.Ok).kind, "dropped");
      observer.receiveAll();
      assertEquals(agent.beat(Status.Ok), { kind: "sent" });
    });
    assertEquals(openDescriptors(), before);
  },
});

Deno.test("Varta.setReconnectAfter() changes nothing but the threshold", () => {
  using observer = new TestObserver();
  using agent = Varta.connect(observer.path);
  observer.restart();
  agent.beat(Status.Ok);
  agent.beat(Status.Ok);
  const state = stateOf(agent);
  agent.setReconnectAfter(3);
  assertEquals(stateOf(agent), state);
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
      RangeError,
      "Cannot set reconnectAfter: it must be an integer from 0 to 4294967295",
    );
  }
});

Deno.test("Varta.close() gives the descriptor back, and can be called twice", () => {
  using observer = new TestObserver();
  const before = openDescriptors();
  const agent = Varta.connect(observer.path);
  agent.close();
  agent.close();
  assertEquals(openDescriptors(), before);
});

Deno.test("Varta.beat() fails with EBADF behind close(), whatever its input", () => {
  using observer = new TestObserver();
  const agent = Varta.connect(observer.path, { reconnectAfter: 1 });
  agent.close();
  const closed = classifySendError(system.errno.EBADF);
  assertStrictEquals(agent.beat(Status.Ok), closed);
  assertStrictEquals(agent.beat(Status.Stall, -1), closed);
  assertEquals(observer.receive(), undefined);
});

Deno.test("Varta.reconnect() throws BadResource behind close()", () => {
  using observer = new TestObserver();
  const agent = Varta.connect(observer.path);
  agent.close();
  const before = openDescriptors();
  assertThrows(
    () => agent.reconnect(),
    Deno.errors.BadResource,
    `Cannot reconnect to "${observer.path}": the agent is closed`,
  );
  assertEquals(openDescriptors(), before);
});

Deno.test("Varta[Symbol.dispose]() closes the agent, through an exception too", () => {
  using observer = new TestObserver();
  const before = openDescriptors();
  assertThrows(() => {
    using agent = Varta.connect(observer.path);
    agent.beat(Status.Ok);
    throw new RangeError("the block ends");
  }, RangeError);
  assertEquals(openDescriptors(), before);
});

Deno.test("Varta gives its descriptor back when it is collected, after a reconnect too", async () => {
  using observer = new TestObserver();
  const before = openDescriptors();
  (() => {
    for (let i = 0; i < 50; i++) {
      Varta.connect(observer.path);
      Varta.connect(observer.path).reconnect();
    }
  })();
  assertEquals(openDescriptors().length, before.length + 100);
  await collectGarbage(() => openDescriptors().length === before.length);
  assertEquals(openDescriptors(), before);
});

Deno.test("Varta shows its state to console.log()", () => {
  using observer = new TestObserver();
  using agent = Varta.connect(observer.path, { reconnectAfter: 3 });
  agent.beat(Status.Ok);
  assertEquals(
    Deno.inspect(agent),
    `Varta { "${observer.path}", nonce: 1, drops: 0, reconnectAfter: 3 }`,
  );
});
