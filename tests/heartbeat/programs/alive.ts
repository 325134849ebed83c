// Starts a heartbeat, and exits with 33 at the third beat. The arguments are the
// path of the observer, the interval, and whether the heartbeat has `ref`.

import { startHeartbeat, Varta } from "../../../mod.ts";

const [path, interval, ref] = Deno.args;
let beats = 0;
startHeartbeat(Varta.connect(path), {
  interval: Number(interval),
  ref: ref === "true",
  onOutcome: () => {
    if (++beats === 3) Deno.exit(33);
  },
});
