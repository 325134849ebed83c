// Binds the path in the argument, and prints the kind and the reason of the first
// observation.

import { Observer } from "../../../src/observer/mod.ts";

using observer = Observer.bind(Deno.args[0]);
console.log("bound");
for await (const observation of observer) {
  const reason = observation.kind === "rejected" ? observation.reason : "";
  console.log(observation.kind, reason);
  break;
}
