// Prints the results of all that an agent does. The argument is a path, to which
// this program binds an observer.

import { Status, Varta } from "../../../mod.ts";
import { Observer } from "../../../src/observer/mod.ts";
import { collectGarbage } from "../../support/exhaustion.ts";
import { describeOutcome } from "../../support/outcomes.ts";
import { attempt } from "./attempt.ts";
import { countDatagramSockets } from "../../support/datagram_sockets.ts";

const COLLECTED = 300;

const [path] = Deno.args;
const results: unknown[] = [attempt(path)];
let observer = Observer.bind(path);
const agent = Varta.connect(path, { version: 2, reconnectAfter: 3 });

function beat(payload: number | bigint = 0): void {
  results.push(describeOutcome(agent.beat(Status.Ok, payload)));
}

beat(7n);
const observation = observer.receive();
if (observation?.kind === "beat") {
  const { version, pid, payload } = observation.frame;
  results.push([version, pid === Deno.pid, Number(payload)]);
}

agent.setReconnectAfter(0);
while (agent.beat(Status.Ok).kind === "sent");
beat();
while (observer.receive() !== null);
beat();

observer.close();
beat();
beat();
try {
  agent.reconnect();
} catch (error) {
  const { name, code } = error as Error & { code: string };
  results.push(`${name} ${code}`);
}
observer = Observer.bind(path);
agent.reconnect();
beat();

agent.setReconnectAfter(5);
observer.close();
observer = Observer.bind(path);
for (let i = 0; i < 5; i++) beat();
agent.close();

const before = countDatagramSockets();
(() => {
  for (let i = 0; i < COLLECTED; i++) Varta.connect(path);
})();
results.push(countDatagramSockets() - before);
await collectGarbage(() => countDatagramSockets() === before);
observer.close();
console.log(JSON.stringify(results));
