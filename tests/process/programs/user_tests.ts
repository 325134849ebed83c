// The tests of a user, with everything on that looks for leaks. The first
// argument is the observer's path.

import { Status, Varta } from "../../../mod.ts";

const ALL = { sanitizeOps: true, sanitizeResources: true, sanitizeExit: true };
const [path] = Deno.args;

Deno.test("used and closed", ALL, () => {
  using agent = Varta.connect(path);
  agent.beat(Status.Ok);
});

Deno.test("reconnected and closed", ALL, async () => {
  const agent = Varta.connect(path, { reconnectAfter: 1 });
  agent.reconnect();
  await Promise.resolve();
  agent.beat(Status.Ok);
  agent.close();
});

Deno.test("left open", ALL, () => {
  Varta.connect(path).beat(Status.Ok);
});

Deno.test("failed to connect", ALL, () => {
  try {
    Varta.connect(`${path}.none`);
  } catch {
    // As expected.
  }
});
