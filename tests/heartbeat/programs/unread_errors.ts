// Runs a heartbeat whose callbacks throw long errors. Creates the file that the argument
// names when it has beaten 20,000 times.

import { startHeartbeat } from "../../../mod.ts";

const [path] = Deno.args;
const fail = () => {
  throw new Error("x".repeat(10_000));
};
let beats = 0;
const agent = {
  beat() {
    if (++beats === 20_000) Deno.writeTextFileSync(path, "");
    if (beats % 2 === 0) fail();
    return { kind: "sent" } as const;
  },
};
startHeartbeat(Array(1_000).fill(agent), {
  interval: 1,
  ref: true,
  onOutcome: fail,
});
