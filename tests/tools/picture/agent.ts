/**
 * An agent of the picture. Its arguments are a path, the interval in ms, the
 * payload, and what it does after so many ms, for example `40000:block`.
 *
 * @module
 */

import { startHeartbeat, Status, Varta } from "../../../mod.ts";

const [path, interval, payload, ...actions] = Deno.args;
let status: Status = Status.Ok;

for (const action of actions) {
  const [time, name] = action.split(":");
  setTimeout(() => {
    if (name === "block") {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    } else if (name === "exit") Deno.exit();
    else status = Status[name as keyof typeof Status];
  }, Number(time));
}
startHeartbeat(Varta.connect(path), {
  interval: Number(interval),
  ref: true,
  check: () => ({ status, payload: Number(payload) }),
});
