/**
 * Beats ten times, prints its pid, and waits.
 *
 * @module
 */

import { setTimeout as delay } from "node:timers/promises";
import { Status, Varta, type VlpVersion } from "../../../mod.ts";

const [path, version] = Deno.args;
const agent = Varta.connect(path, {
  version: Number(version) as VlpVersion,
  nonce: "clock",
});
for (let i = 0; i < 10; i++) {
  agent.beat(Status.Ok);
  await delay(10);
}
console.log(Deno.pid);
setInterval(() => {}, 60_000);
