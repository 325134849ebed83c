// Prints what an attempt to beat to the path in the argument results in.

import { Status, Varta } from "../../../mod.ts";
import { describeOutcome } from "../../support/outcomes.ts";

/** Connects, beats and closes. Returns the outcome of the beat, or the error. */
export function attempt(path: string): string {
  try {
    using agent = Varta.connect(path);
    return describeOutcome(agent.beat(Status.Ok));
  } catch (error) {
    const { name, message } = error as Error;
    return `${name}: ${message}`;
  }
}

if (import.meta.main) console.log(JSON.stringify(attempt(Deno.args[0])));
