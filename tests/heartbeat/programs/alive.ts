// Starts a heartbeat, and exits with 33 at the third beat. The arguments are the
// path of the observer, the interval, whether the heartbeat has `ref`, and whether its
// check is "stuck".

import { startHeartbeat, Varta } from "../../../mod.ts";

const [path, interval, ref, check] = Deno.args;
let beats = 0;
startHeartbeat(Varta.connect(path), {
  interval: Number(interval),
  ref: ref === "true",
  check: check === "stuck" ? () => new Promise<never>(() => {}) : undefined,
  checkTimeout: 100_000,
  onOutcome: () => {
    if (++beats === 3) Deno.exit(33);
  },
});
