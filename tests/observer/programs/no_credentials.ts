// Receives a beat and a rejection at the path in the argument, as on a system that
// does not report the sender. Prints the keys of both observations.

import { system } from "../../../ffi/system.ts";

Object.assign(system, { SO_PASSCRED: 0 });
const { Status, Varta } = await import("../../../mod.ts");
const { Observer } = await import("../../../src/observer/mod.ts");

const [path] = Deno.args;
using observer = Observer.bind(path);
for (const payload of [1, 2]) {
  using agent = Varta.connect(path);
  agent.beat(Status.Ok, payload); // with the nonce 1
}
const observations = [observer.receive(), observer.receive()];
console.log(JSON.stringify(observations.map((it) => Object.keys(it ?? {}))));
