// Revokes the FFI permission at the time that the first argument names, and
// prints the results of what an agent does. The second argument is the path of
// an observer that receives nothing.

import { countDatagramSockets } from "../../support/datagram_sockets.ts";

const [time, path] = Deno.args;

function revokeIf(now: string): void {
  if (now === time) Deno.permissions.revokeSync({ name: "ffi" });
}

revokeIf("before import");
const { Status, Varta } = await import("../../../mod.ts");
const { describeOutcome } = await import("../../support/outcomes.ts");
const { attempt } = await import("./attempt.ts");
revokeIf("after import");

const before = countDatagramSockets();
const results = [attempt(path), attempt(`${path}.none`)];
if (results[0] === "sent") {
  const agent = Varta.connect(path, { reconnectAfter: 1 });
  revokeIf("after connect");
  while (agent.beat(Status.Ok).kind === "sent");
  results.push(describeOutcome(agent.beat(Status.Ok)));
  agent.reconnect();
  agent.close();
  results.push(describeOutcome(agent.beat(Status.Ok)));
}
const leaked = countDatagramSockets() - before;
console.log(JSON.stringify({ results, leaked }));
