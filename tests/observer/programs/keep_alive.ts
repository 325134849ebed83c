// Uses an observer in every way, at the path in the argument, and then returns
// without closing it.

import { Status, Varta } from "../../../mod.ts";
import { Observer } from "../../../src/observer/mod.ts";

const [path] = Deno.args;
const observer = Observer.bind(path);
Object.assign(globalThis, { observer }); // so that it is not garbage-collected
const agent = Varta.connect(path);
agent.beat(Status.Ok);
console.log(observer.receive()?.kind);
agent.beat(Status.Ok);
for await (const { kind } of observer) {
  console.log(kind);
  break;
}
agent.beat(Status.Ok);
const stalls = observer.stalls(50);
console.log((await stalls.next()).value.kind);
await stalls.return?.();
// These never start.
observer[Symbol.asyncIterator]();
observer.stalls(2 ** 31 - 1);
agent.beat(Status.Ok);
observer.receive();
