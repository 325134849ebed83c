/**
 * A job that cron or a timer of systemd starts. It adds the numbers in a file. It
 * beats once a second while it works, and the payload is the number of steps that
 * are done. A step that takes longer than a minute makes the beats Degraded.
 *
 * - If the job hangs, the observer reports a stall with the last beat, whose
 *   payload shows the step.
 * - If a step fails, the job sends the terminal beat, which is Critical, and ends
 *   with exit code 1.
 * - If the job succeeds, its last beat is Ok with the number of all steps.
 *
 * `varta-watch` reports the silence after the end as a stall too, and runs its
 * recovery command. So that command must first check that the process exists.
 *
 * ```sh
 * seq 100 > numbers.txt
 * deno run --allow-ffi --allow-read=numbers.txt --allow-write=sum.txt tests/examples/scheduled_job.ts
 * ```
 *
 * @module
 */

import { startHeartbeat, Status, Varta } from "jsr:@varta/client";

let text = "";
let sum = 0;
const steps = [
  async () => text = await Deno.readTextFile("numbers.txt"),
  () => text.trim().split("\n").forEach((line) => sum += Number(line)),
  () => Deno.writeTextFile("sum.txt", `${sum}\n`),
];

let done = 0;
let begin = performance.now();
using agent = Varta.connect("/tmp/varta.sock", {
  version: 2,
  lazy: true, // the job also runs without an observer
  reconnectAfter: 1,
});
using _heartbeat = startHeartbeat(agent, {
  interval: 1_000,
  check: () => ({
    status: performance.now() - begin > 60_000 ? Status.Degraded : Status.Ok,
    payload: done,
  }),
});

try {
  for (const step of steps) {
    begin = performance.now();
    await step();
    done++;
  }
  agent.beat(Status.Ok, done);
} catch (error) {
  console.error(`Step ${done + 1} failed:`, error);
  agent.beatTerminal(done);
  Deno.exitCode = 1;
}
