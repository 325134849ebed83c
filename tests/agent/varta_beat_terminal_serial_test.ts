import { assertEquals, assertStringIncludes } from "@std/assert";
import { system } from "../../ffi/system.ts";
import { NONCE_TERMINAL, Status, Varta } from "../../mod.ts";
import { TestObserver } from "../support/observer.ts";
import { describeOutcome } from "../support/outcomes.ts";
import { ScriptedEndpoint } from "../support/scripted_endpoint.ts";

const { ECONNREFUSED, ENOTCONN } = system.errno;

for (const version of [1, 2] as const) {
  Deno.test(`Varta.beatTerminal() sends Critical with NONCE_TERMINAL in version ${version}`, () => {
    using observer = new TestObserver();
    using agent = Varta.connect(observer.path, { version });
    agent.beat(Status.Ok);
    assertEquals(agent.beatTerminal(7), { kind: "sent" });
    assertEquals(agent.beatTerminal(8n), { kind: "sent" });
    agent.beat(Status.Ok, 9);

    const frames = observer.receiveAll();
    const fields = frames.map(({ status, nonce, payload, pid }) => {
      assertEquals(pid, Deno.pid);
      return { status, nonce, payload };
    });
    assertEquals(fields, [
      { status: Status.Ok, nonce: 1n, payload: 0n },
      { status: Status.Critical, nonce: NONCE_TERMINAL, payload: 7n },
      { status: Status.Critical, nonce: NONCE_TERMINAL, payload: 8n },
      { status: Status.Ok, nonce: 2n, payload: 9n },
    ]);
    const times = frames.map(({ timestamp }) => timestamp);
    assertEquals(times, times.toSorted((a, b) => Number(a - b)));
  });
}

Deno.test("Varta.beatTerminal() sends payload 0 if none is given", () => {
  using observer = new TestObserver();
  using agent = Varta.connect(observer.path);
  agent.beatTerminal();
  assertEquals(observer.receive()?.payload, 0n);
});

Deno.test("Varta.beatTerminal() refuses a payload that does not fit", () => {
  using observer = new TestObserver();
  using agent = Varta.connect(observer.path, { version: 2 });
  for (const payload of [-1, 0.5, 2 ** 32, 2n ** 32n, "1" as never]) {
    assertEquals(describeOutcome(agent.beatTerminal(payload)), "failed EINVAL");
  }
  assertEquals(observer.receive(), undefined);
});

Deno.test("Varta.beatTerminal() fails with EBADF after close()", () => {
  using observer = new TestObserver();
  const agent = Varta.connect(observer.path);
  agent.close();
  for (const payload of [0, -1]) {
    assertEquals(describeOutcome(agent.beatTerminal(payload)), "failed EBADF");
  }
});

Deno.test("Varta.beatTerminal() reconnects after one drop, at any threshold", () => {
  using observer = new TestObserver();
  using agent = Varta.connect(observer.path, { reconnectAfter: 1_000 });
  observer.restart();
  assertEquals(agent.beatTerminal(), { kind: "sent" });
  assertEquals(observer.receive()?.nonce, NONCE_TERMINAL);
});

Deno.test("Varta.beatTerminal() is dropped if there is no observer", () => {
  using observer = new TestObserver();
  using agent = Varta.connect(observer.path, { reconnectAfter: 1 });
  observer.stop();
  observer.removeFile();
  const outcome = agent.beatTerminal();
  assertEquals(outcome.kind === "dropped" && outcome.reason, "no-observer");
});

Deno.test("Varta.beatTerminal() never reconnects if reconnectAfter is 0", () => {
  const endpoint = new ScriptedEndpoint();
  const agent = endpoint.createAgent();
  endpoint.sends.push(ECONNREFUSED);
  assertEquals(agent.beatTerminal().kind, "dropped");
  assertEquals(endpoint.attempts.map(({ connection }) => connection), [1]);
});

Deno.test("Varta.beatTerminal() keeps the count of drops unless it reconnects", () => {
  const endpoint = new ScriptedEndpoint();
  const agent = endpoint.createAgent({ reconnectAfter: 3 });
  endpoint.sends.push(ENOTCONN, 0, ENOTCONN);
  agent.beat(Status.Ok);
  agent.beatTerminal();
  assertStringIncludes(Deno.inspect(agent), "nonce: 1, drops: 1,");
  endpoint.connects.push(ECONNREFUSED);
  agent.beatTerminal();
  assertStringIncludes(Deno.inspect(agent), "nonce: 1, drops: 1,");
  endpoint.sends.push(ENOTCONN, ENOTCONN);
  agent.beatTerminal();
  assertStringIncludes(Deno.inspect(agent), "nonce: 1, drops: 0,");
});

Deno.test("Varta.beatTerminal() sends the same frame again after a reconnect", () => {
  const endpoint = new ScriptedEndpoint();
  const agent = endpoint.createAgent({ reconnectAfter: 3 });
  endpoint.sends.push(ECONNREFUSED, 0);
  assertEquals(agent.beatTerminal(), { kind: "sent" });
  const [first, second] = endpoint.attempts;
  assertEquals([first.connection, second.connection], [1, 2]);
  assertEquals(first.bytes, second.bytes);
});
