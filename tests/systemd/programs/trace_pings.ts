// Pings 5,000 times, and then between two calls of close(-1), which a trace shows,
// as often as the argument says.

import { libc } from "../../../ffi/libc.ts";
import { Status } from "../../../src/frame/status.ts";
import { SystemdWatchdog } from "../../../src/systemd/mod.ts";
import { Manager } from "../receiver.ts";

using manager = new Manager();
Deno.env.set("WATCHDOG_USEC", "20000000");
using watchdog = SystemdWatchdog.connect();

function ping(count: number): void {
  for (let i = 0; i < count; i++) {
    watchdog!.beat(Status.Ok, i);
    manager.drain();
  }
}

ping(5_000);
libc().close(-1);
ping(Number(Deno.args[0]));
libc().close(-1);
