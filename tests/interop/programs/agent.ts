/**
 * Beats a few times, 20 ms apart, and prints the result as JSON.
 *
 * @module
 */

import { Status, Varta } from "../../../mod.ts";
import type { VlpVersion } from "../../../mod.ts";

const [path, version, beats] = Deno.args;

try {
  using agent = Varta.connect(path, { version: Number(version) as VlpVersion });
  const outcomes: string[] = [];
  for (let i = 0; i < Number(beats); i++) {
    outcomes.push(agent.beat(Status.Ok).kind);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  console.log(JSON.stringify({ pid: Deno.pid, outcomes }));
} catch (error) {
  const { name, message } = error as Error;
  console.log(JSON.stringify({ pid: Deno.pid, error: { name, message } }));
}
