// A service that does what it is told over a Unix socket: each connection sends
// the name of a command and its argument, and receives the result, as JSON. The
// path of the socket is the argument of the program.

import { startHeartbeat } from "../../../src/heartbeat/heartbeat.ts";
import { createMessage, managerSocket } from "../../../src/systemd/_socket.ts";
import { notify, SystemdWatchdog } from "../../../src/systemd/mod.ts";
import { receiveJson, sendJson } from "../control.ts";
import { Status } from "../../../src/frame/status.ts";

const watchdog = SystemdWatchdog.connect();

const commands: Record<string, (argument: never) => unknown> = {
  notify,
  /** Sends a text as it is. */
  send: (text: string) => managerSocket()!.send(createMessage(text)) ?? null,
  interval: () => watchdog?.interval ?? null,
  beat: (status: Status) => watchdog!.beat(status),
  /** Starts a heartbeat, with a check that takes `ms`, or for ever, if so. */
  startHeartbeat(options?: { ms: number | null; checkTimeout?: number }) {
    const { ms, checkTimeout } = options ?? {};
    const check = () =>
      new Promise<Status>((resolve) => {
        if (ms !== null) setTimeout(resolve, ms, Status.Ok);
      });
    const { counters } = startHeartbeat(watchdog!, {
      interval: watchdog!.interval,
      check: ms === undefined ? undefined : check,
      checkTimeout,
    });
    return counters.sent;
  },
  hang() {
    for (;;);
  },
  exit: (code: number) => Deno.exit(code),
};

const [path] = Deno.args;
try {
  Deno.removeSync(path); // of the process before a restart
} catch (error) {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}
for await (const connection of Deno.listen({ transport: "unix", path })) {
  const [name, argument] = await receiveJson(connection) as [string, never];
  const result = commands[name](argument);
  // The caller may not wait for it.
  await sendJson(connection, result).catch(() => {});
  connection.close();
}
