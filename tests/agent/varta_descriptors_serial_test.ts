// Counts the descriptors of this process, so it must run alone in it.

import { assertEquals, assertThrows } from "@std/assert";
import { Status, Varta } from "../../mod.ts";
import { collectGarbage } from "../support/exhaustion.ts";
import { TestObserver } from "../support/observer.ts";
import {
  openDescriptors,
  resultOf,
  settledDescriptors,
} from "../support/process.ts";
import { TestFolder } from "../support/test_folder.ts";
import { testUnless } from "../support/test_unless.ts";

Deno.test("Varta.connect() leaves no descriptor if it throws", () => {
  using folder = new TestFolder();
  Deno.writeTextFileSync(folder.file("plain"), "");
  const before = openDescriptors();
  const attempts: Parameters<typeof Varta.connect>[] = [
    [""],
    [folder.file("none")],
    [folder.file("plain")],
    [folder.file("none"), { version: 3 as 1 }],
    [folder.file("none"), { reconnectAfter: -1 }],
    [folder.file("none"), { nonce: "random" as "count" }],
  ];
  for (const attempt of attempts) {
    assertThrows(() => Varta.connect(...attempt));
    assertEquals(openDescriptors(), before);
  }
});

Deno.test("Varta.connect() with lazy holds no descriptor before it is connected", () => {
  using folder = new TestFolder();
  const before = openDescriptors();
  using agent = Varta.connect(folder.file("none"), { lazy: true });
  agent.beat(Status.Ok);
  assertEquals(openDescriptors(), before);
  using observer = new TestObserver(folder.file("none"));
  agent.beat(Status.Ok);
  assertEquals(openDescriptors().length, before.length + 2);
  agent.close();
  assertEquals(openDescriptors().length, before.length + 1);
  observer.stop();
});

Deno.test("Varta.reconnect() keeps the number of descriptors at one", () => {
  using observer = new TestObserver();
  const before = openDescriptors();
  using agent = Varta.connect(observer.path);
  for (let i = 0; i < 100; i++) agent.reconnect();
  assertEquals(openDescriptors().length, before.length + 1);
  agent.close();
  assertEquals(openDescriptors(), before);
});

Deno.test("Varta.reconnect() leaves the agent as it was if it throws", () => {
  using observer = new TestObserver();
  using agent = Varta.connect(observer.path);
  agent.beat(Status.Ok);
  observer.removeFile();
  const before = openDescriptors();
  const state = Deno.inspect(agent);
  const error = assertThrows(() => agent.reconnect(), Deno.errors.NotFound);
  assertEquals(
    error.message,
    `Cannot connect to ${
      JSON.stringify(observer.path)
    }: there is no such file: start the observer, or correct the path (ENOENT from connect)`,
  );
  assertEquals(openDescriptors(), before);
  assertEquals(Deno.inspect(agent), state);
  // The old socket still reaches the old observer.
  assertEquals(agent.beat(Status.Ok), { kind: "sent" });
  assertEquals(observer.receiveAll().length, 2);
});

Deno.test("Varta.close() closes the descriptor, also if it is called twice", () => {
  using observer = new TestObserver();
  const before = openDescriptors();
  const agent = Varta.connect(observer.path);
  agent.close();
  agent.close();
  assertThrows(() => agent.reconnect(), Deno.errors.BadResource);
  assertEquals(openDescriptors(), before);
});

Deno.test("Varta[Symbol.dispose]() closes the agent, also after an exception", () => {
  using observer = new TestObserver();
  const before = openDescriptors();
  assertThrows(() => {
    using agent = Varta.connect(observer.path);
    agent.beat(Status.Ok);
    throw new RangeError("the block ends");
  }, RangeError);
  assertEquals(openDescriptors(), before);
});

Deno.test("Varta closes its descriptor when it is garbage-collected", async () => {
  using observer = new TestObserver();
  const before = await settledDescriptors();
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

Deno.test("Varta closes the descriptor of a lazy agent that is collected", async () => {
  using observer = new TestObserver();
  const before = await settledDescriptors();
  observer.removeFile();
  (() => {
    const options = { lazy: true, reconnectAfter: 1 };
    const agents = Array.from(
      { length: 50 },
      () => Varta.connect(observer.path, options),
    );
    for (const agent of agents) {
      assertEquals(agent.beat(Status.Ok).kind, "dropped");
    }
    observer.restart();
    for (const [i, agent] of agents.entries()) {
      assertEquals(agent.beat(Status.Ok), { kind: "sent" });
      observer.receive();
      if (i % 2 === 0) agent.reconnect();
    }
  })();
  assertEquals(openDescriptors().length, before.length + 50);
  await collectGarbage(() => openDescriptors().length === before.length);
  assertEquals(openDescriptors(), before);
});

testUnless(
  Deno.build.os === "linux" ? undefined : "it needs Linux's errno",
  "Varta survives that the process has no descriptor left",
  async () => {
    using folder = new TestFolder();
    const path = folder.file("observer.sock");
    const { errors, kinds, added } = await resultOf<{
      errors: unknown[];
      kinds: string[];
      added: number;
    }>(
      import.meta.resolve("./programs/without_descriptors.ts"),
      [path],
      ["--allow-all"],
    );
    const message = `Cannot connect to ${
      JSON.stringify(path)
    }: this process has too many open files: close some, or raise the limit (ulimit -n) (EMFILE from socket)`;
    const error = { message, errno: 24, code: "EMFILE", syscall: "socket" };
    assertEquals(errors, [error, error]);
    assertEquals(kinds, ["sent", "dropped", "sent"]);
    assertEquals(added, 0);
  },
);
