/**
 * A program for the command line that counts the bytes of its standard input. It
 * beats once a second while it reads. The payload is the number of MiB so far.
 *
 * SIGINT and SIGTERM end it gracefully: it prints what it has counted, sends the
 * terminal beat with the number of the signal as the payload, and ends with the
 * exit code that a shell reports for that signal, 130 or 143. At the end of its
 * input it only ends, with exit code 0: the terminal beat is Critical. A program
 * that has nothing to do at its end needs no listeners of its own: see the
 * `signals` of `installPanicHandler`.
 *
 * ```sh
 * deno run --allow-ffi tests/examples/command_line.ts
 * ```
 *
 * @module
 */

import { startHeartbeat, Status, Varta } from "jsr:@varta/client";

const agent = Varta.connect("/tmp/varta.sock", {
  version: 2,
  lazy: true,
  reconnectAfter: 1,
});
let bytes = 0;
const heartbeat = startHeartbeat(agent, {
  interval: 1_000,
  check: () => ({ status: Status.Ok, payload: Math.floor(bytes / 2 ** 20) }),
});
const finish = () => {
  heartbeat.stop();
  console.log(`${bytes} bytes`);
};

for (const [signal, number] of [["SIGINT", 2], ["SIGTERM", 15]] as const) {
  Deno.addSignalListener(signal, () => {
    finish();
    agent.beatTerminal(number);
    Deno.exit(128 + number);
  });
}

for await (const chunk of Deno.stdin.readable) bytes += chunk.length;
finish();
Deno.exit();
