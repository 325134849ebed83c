// Connects, and prints what happens. The argument is JSON: an array of arguments
// of Varta.connect() for each attempt.

import { Varta } from "../../../mod.ts";

const results = [];
for (const args of JSON.parse(Deno.args[0])) {
  try {
    const agent = Varta.connect(...args as Parameters<typeof Varta.connect>);
    let outcome;
    while ((outcome = agent.beat(0)).kind === "sent");
    results.push(outcome.kind === "dropped" ? outcome.code : outcome.kind);
  } catch (error) {
    const { constructor, message, code } = error as Error & { code?: string };
    results.push({ Class: constructor.name, message, code });
  }
}
console.log(JSON.stringify(results));
