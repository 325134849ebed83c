/**
 * Shows a recovery from end to end: `deno task demo:recovery`. A server with a
 * heartbeat blocks its event loop, `varta-watch` notices and kills it, and its
 * supervisor starts it again.
 *
 * @module
 */

import { reasonForAbsence, RELEASES } from "../../interop/releases.ts";
import { VartaWatch } from "../../interop/varta_watch.ts";
import { Cli } from "../../support/cli.ts";
import { hasProgram } from "../../support/process.ts";
import { TestFolder } from "../../support/test_folder.ts";

const RELEASE = RELEASES[1];
/** Milliseconds between two beats. */
export const INTERVAL = 100;
/** Milliseconds of silence after which the observer kills the server. */
export const THRESHOLD = 1_000;
const RECOVERY = "kill -KILL {pid}";

/** Why the recovery cannot be shown on this machine, if so. */
export const reasonForNone: string | undefined = reasonForAbsence(RELEASE) ??
  (hasProgram("kill", "-l") ? undefined : "there is no program kill");

/** What happened, and how long it took in milliseconds from the block on. */
export interface Recovery {
  /** The pids of the server before and after. */
  pids: [number, number];
  /** The exit code of the blocked server. */
  code: number;
  untilKill: number;
  untilBeat: number;
}

/** Waits until a server prints a word; returns what follows on the line. */
async function prints(server: Cli, word: string): Promise<string> {
  for (let line; (line = await server.readLine()) !== undefined;) {
    if (line.startsWith(word)) return line.slice(word.length + 1);
  }
  throw new Error(`The server ended before it printed: ${word}`);
}

/** Blocks a server, waits for its recovery, and prints each step. */
export async function recover(
  print: (line: string) => void,
): Promise<Recovery> {
  using folder = new TestFolder();
  await using observer = await VartaWatch.start(RELEASE, folder, {
    threshold: THRESHOLD,
    flags: ["--recovery-exec", RECOVERY],
  });
  print(`varta-watch runs "${RECOVERY}" after ${THRESHOLD} ms without a beat`);

  const start = () =>
    new Cli([observer.path, `${INTERVAL}`], [
      ...["run", "--no-check", "--no-config", "--allow-ffi", "--allow-net"],
      import.meta.resolve("./server.ts"),
    ]);
  await using first = start();
  const port = await prints(first, "listens");
  await prints(first, "beats");
  await observer.assertBeats(first.pid, 1);
  print(`The server, pid ${first.pid}, beats every ${INTERVAL} ms`);

  // The blocked server never responds.
  const aborter = new AbortController();
  const { signal } = aborter;
  const response = fetch(`http://127.0.0.1:${port}/block`, { signal })
    .catch(() => {});
  await prints(first, "blocks");
  const block = performance.now();
  print("Its event loop is blocked");

  // The supervisor: it waits for the end of the server and starts it again.
  const { code } = await first.end();
  const untilKill = Math.round(performance.now() - block);
  print(`It ends with exit code ${code} after ${untilKill} ms`);
  await using second = start();
  await prints(second, "beats");
  const untilBeat = Math.round(performance.now() - block);
  print(`Its successor, pid ${second.pid}, beats after ${untilBeat} ms`);
  await observer.assertBeats(second.pid, 1);
  print("varta-watch counts the beats of the successor");

  aborter.abort();
  await response;
  return { pids: [first.pid, second.pid], code, untilKill, untilBeat };
}

if (import.meta.main) {
  if (reasonForNone === undefined) await recover(console.log);
  else console.log(`The demo cannot run: ${reasonForNone}`);
}
