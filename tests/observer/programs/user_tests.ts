// The tests of a user. The argument is a path for sockets.

import { Status, Varta } from "../../../mod.ts";
import { Observer } from "../../../src/observer/mod.ts";

const [path] = Deno.args;
const sanitizers = {
  sanitizeOps: true,
  sanitizeResources: true,
  sanitizeExit: true,
};

Deno.test("receive", sanitizers, () => {
  using observer = Observer.bind(path);
  using agent = Varta.connect(path);
  agent.beat(Status.Ok);
  if (observer.receive()?.kind !== "beat") throw new Error("not received");
});

Deno.test("a loop that is left by break", sanitizers, async () => {
  using observer = Observer.bind(path);
  using agent = Varta.connect(path);
  agent.beat(Status.Ok);
  for await (const _ of observer) break;
});

Deno.test("loops that end by close", sanitizers, async () => {
  using observer = Observer.bind(path);
  const loops = [
    (async () => {
      for await (const _ of observer);
    })(),
    (async () => {
      for await (const _ of observer.stalls(1_000));
    })(),
  ];
  await new Promise((resolve) => setTimeout(resolve, 10));
  observer.close();
  await Promise.all(loops);
});

Deno.test("a path that is taken", sanitizers, () => {
  using _ = Observer.bind(path);
  try {
    Observer.bind(path);
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) return;
  }
  throw new Error("not taken");
});

Deno.test("a stall, and the timer for the next one", sanitizers, async () => {
  using observer = Observer.bind(path);
  using agent = Varta.connect(path);
  agent.beat(Status.Ok);
  for await (const { kind } of observer.stalls(20)) {
    if (kind === "returned") break;
    agent.beat(Status.Ok);
  }
});
