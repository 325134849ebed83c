// Uses an observer in every way, at the path in the argument. Prints a report.

import { Status, Varta } from "../../../mod.ts";
import { Observer } from "../../../src/observer/mod.ts";

const [path] = Deno.args;
const report: unknown[] = [];
try {
  const observer = Observer.bind(path, { mode: 0o666 });
  try {
    Observer.bind(path);
  } catch (error) {
    report.push((error as Error).name);
  }
  const agent = Varta.connect(path, { version: 2 });
  agent.beat(Status.Ok, 7);
  for await (const observation of observer) {
    if (observation.kind === "rejected") throw new Error(observation.reason);
    const { frame, peer } = observation;
    report.push(`${frame.payload}`, (peer ?? frame).pid === Deno.pid);
    break;
  }
  agent.beat(Status.Ok, 8);
  for await (const { kind } of observer.stalls(50)) {
    report.push(kind);
    observer.close();
  }
  report.push(agent.beat(Status.Ok).kind);
} catch (error) {
  report.push((error as Error).name, (error as Error).message);
}
console.log(JSON.stringify(report));
