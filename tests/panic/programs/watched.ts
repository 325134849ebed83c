// Beats to the observer at the path in the argument, with a panic handler.

import { installPanicHandler, startHeartbeat, Varta } from "../../../mod.ts";

const [path] = Deno.args;
const agent = Varta.connect(path, { nonce: "clock" });
installPanicHandler(agent);
startHeartbeat(agent, { interval: 50, ref: true });
console.log("started");
