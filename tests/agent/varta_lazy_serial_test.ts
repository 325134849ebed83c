import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { system } from "../../ffi/system.ts";
import { NONCE_TERMINAL, Status, Varta } from "../../mod.ts";
import { TestObserver } from "../support/observer.ts";
import { describeOutcome } from "../support/outcomes.ts";
import { ScriptedEndpoint } from "../support/scripted_endpoint.ts";
import { TestFolder } from "../support/test_folder.ts";

const { EAGAIN, ECONNREFUSED, EMFILE, ENOENT } = system.errno;

/** An observer that is not there yet. */
function absentObserver(): TestObserver {
  const observer = new TestObserver();
  observer.stop();
  observer.removeFile();
  return observer;
}

Deno.test("Varta.connect() throws without lazy if nothing receives yet", () => {
  using folder = new TestFolder();
  assertThrows(
    () => Varta.connect(folder.file("none"), { lazy: false }),
    Deno.errors.NotFound,
  );
});

Deno.test("Varta.beat() of a lazy agent is dropped until the observer starts", () => {
  using observer = absentObserver();
  using agent = Varta.connect(observer.path, { lazy: true });
  for (let i = 0; i < 3; i++) {
    const outcome = agent.beat(Status.Ok);
    assertEquals(describeOutcome(outcome), "dropped no-observer ENOENT");
  }
  assertStringIncludes(Deno.inspect(agent), "nonce: 3, drops: 3,");
  observer.start();
  assertEquals(agent.beat(Status.Ok, 7), { kind: "sent" });
  const frame = observer.receive();
  assertEquals([frame?.nonce, frame?.payload], [4n, 7n]);
  assertStringIncludes(Deno.inspect(agent), "nonce: 4, drops: 0,");
  assertEquals(agent.reconnects, 0);
});

Deno.test("Varta.connect() with lazy accepts the file of a killed observer", () => {
  using observer = new TestObserver();
  observer.stop();
  using agent = Varta.connect(observer.path, { lazy: true });
  const outcome = agent.beat(Status.Ok);
  assertEquals(describeOutcome(outcome), "dropped no-observer ECONNREFUSED");
});

Deno.test("Varta.connect() with lazy connects at once if the observer is there", () => {
  using observer = new TestObserver();
  using agent = Varta.connect(observer.path, { lazy: true });
  observer.removeFile();
  assertEquals(agent.beat(Status.Ok), { kind: "sent" });
});

Deno.test("Varta.connect() with lazy throws every other error", () => {
  using folder = new TestFolder();
  Deno.writeTextFileSync(folder.file("plain"), "");
  assertThrows(
    () => Varta.connect(folder.file("plain/socket"), { lazy: true }),
    Deno.errors.NotADirectory,
  );
});

Deno.test("Varta.beat() of a lazy agent classifies another errno of connect()", () => {
  const endpoint = new ScriptedEndpoint();
  const agent = endpoint.createAgent({ lazy: true });
  endpoint.connects.push(ENOENT, EMFILE, EAGAIN);
  assertEquals([1, 2, 3].map(() => describeOutcome(agent.beat(Status.Ok))), [
    "dropped no-observer ENOENT",
    "failed EMFILE",
    "dropped kernel-queue-full EAGAIN",
  ]);
  assertStringIncludes(Deno.inspect(agent), "nonce: 3, drops: 1,");
});

Deno.test("Varta.beat() of a lazy agent tries to connect once, not twice", () => {
  const endpoint = new ScriptedEndpoint();
  const agent = endpoint.createAgent({ lazy: true, reconnectAfter: 1 });
  endpoint.connects.push(ENOENT, ECONNREFUSED, EMFILE);
  agent.beat(Status.Ok);
  assertEquals(endpoint.connects, [ECONNREFUSED, EMFILE]);
  agent.beat(Status.Ok);
  assertEquals(endpoint.connects, [EMFILE]);
});

Deno.test("Varta.beat() of a lazy agent does not connect for invalid input", () => {
  const endpoint = new ScriptedEndpoint();
  const agent = endpoint.createAgent({ lazy: true });
  endpoint.connects.push(ENOENT);
  assertEquals(describeOutcome(agent.beat(Status.Ok, -1)), "failed EINVAL");
  assertEquals(endpoint.connects, [ENOENT]);
});

Deno.test("Varta.beat() of a lazy agent reconnects like any other agent", () => {
  using observer = absentObserver();
  using agent = Varta.connect(observer.path, { lazy: true, reconnectAfter: 1 });
  agent.beat(Status.Ok);
  observer.start();
  assertEquals(agent.beat(Status.Ok), { kind: "sent" });
  observer.restart();
  assertEquals(agent.beat(Status.Ok), { kind: "sent" });
  assertEquals(agent.reconnects, 1);
  assertEquals(observer.receiveAll().map(({ nonce }) => nonce), [3n]);
});

Deno.test("Varta.beatTerminal() of a lazy agent connects, too", () => {
  using observer = absentObserver();
  using agent = Varta.connect(observer.path, { lazy: true, reconnectAfter: 1 });
  const outcome = agent.beatTerminal();
  assertEquals(describeOutcome(outcome), "dropped no-observer ENOENT");
  observer.start();
  assertEquals(agent.beatTerminal(), { kind: "sent" });
  assertEquals(observer.receive()?.nonce, NONCE_TERMINAL);
});

Deno.test("Varta.reconnect() of a lazy agent connects it, or throws", () => {
  using observer = absentObserver();
  using agent = Varta.connect(observer.path, { lazy: true });
  agent.beat(Status.Ok);
  assertThrows(() => agent.reconnect(), Deno.errors.NotFound);
  assertStringIncludes(Deno.inspect(agent), "nonce: 1, drops: 1,");
  observer.start();
  agent.reconnect();
  assertStringIncludes(Deno.inspect(agent), "nonce: 1, drops: 0,");
  assertEquals(agent.reconnects, 0);
  assertEquals(agent.beat(Status.Ok), { kind: "sent" });
});

Deno.test("Varta shows whether a lazy agent is connected", () => {
  using observer = absentObserver();
  using agent = Varta.connect(observer.path, { lazy: true });
  const state = "nonce: 0, drops: 0, reconnectAfter: 0 }";
  const path = JSON.stringify(observer.path);
  assertEquals(
    Deno.inspect(agent),
    `Varta { ${path}, not connected yet, ${state}`,
  );
  observer.start();
  agent.reconnect();
  assertEquals(Deno.inspect(agent), `Varta { ${path}, ${state}`);
});
