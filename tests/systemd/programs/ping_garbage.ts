// Prints as JSON how many rounds were run, how many pings were sent in them, and by
// how many bytes the heap grew for each beat. With an argument, each round leaves
// garbage as well.

import { Status } from "../../../src/frame/status.ts";
import { SystemdWatchdog } from "../../../src/systemd/mod.ts";
import { Manager } from "../receiver.ts";

const leavesGarbage = Deno.args.length > 0;
const ROUNDS = 1_000;
const REPEATS = 20;
const BEATS = 4; // in a round
const MAX_STRETCHES = leavesGarbage ? 5 : 30;
const BOUND = 0.2; // bytes a beat; asking for the size of the heap takes some

using manager = new Manager();
Deno.env.set("WATCHDOG_USEC", "20000000");
const watchdog = SystemdWatchdog.connect()!;
const closed = SystemdWatchdog.connect()!;
closed.close();

const garbage: { last?: number[] } = {};
let rounds = 0;
let sent = 0;

function runRounds(): void {
  for (let i = 0; i < ROUNDS; i++) {
    rounds++;
    if (watchdog.beat(Status.Ok, i).kind === "sent") sent++;
    if (watchdog.beat(Status.Critical, 0n).kind === "sent") sent++;
    watchdog.beat(Status.Ok, -1);
    closed.beat(Status.Ok);
    if (leavesGarbage) garbage.last = [i];
    manager.drain();
  }
}

/** How many bytes the heap grows by for each beat. */
function growth(): number {
  let bytes = 0;
  for (let i = 0; i < REPEATS; i++) {
    const { heapUsed } = Deno.memoryUsage();
    runRounds();
    bytes += Math.abs(Deno.memoryUsage().heapUsed - heapUsed);
  }
  return bytes / (REPEATS * ROUNDS * BEATS);
}

// Until V8 has compiled everything, numbers are objects. So the least counts.
let least = Infinity;
for (let i = 0; i < MAX_STRETCHES && least > BOUND; i++) {
  least = Math.min(least, growth());
}
console.log(JSON.stringify({ rounds, sent, least }));
