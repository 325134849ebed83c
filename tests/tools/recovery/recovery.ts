/**
 * Shows a recovery from end to end: `deno task demo:recovery`. A server with a
 * heartbeat blocks its event loop, `varta-watch` notices and kills it, and its
 * supervisor starts it again.
 *
 * @module
 */

import { reasonForAbsence, RELEASES } from "../../interop/releases.ts";
import { VartaWatch } from "../../interop/varta_watch.ts";
import { end, hasProgram } from "../../support/process.ts";
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
  /** How the blocked server ended. */
  signal: Deno.Signal | null;
  untilKill: number;
  untilBeat: number;
}

/** A server process, and the words that it prints. */
class Server {
  readonly #child: Deno.ChildProcess;
  readonly #lines: ReadableStreamDefaultReader<string>;
  #unread = "";

  constructor(path: string) {
    this.#child = new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--no-check", "--no-config", "--allow-ffi", "--allow-net"],
        ...[import.meta.resolve("./server.ts"), path, `${INTERVAL}`],
      ],
      stdin: "null",
      stdout: "piped",
    }).spawn();
    this.#lines = this.#child.stdout.pipeThrough(new TextDecoderStream())
      .getReader();
  }

  get pid(): number {
    return this.#child.pid;
  }

  get status(): Promise<Deno.CommandStatus> {
    return this.#child.status;
  }

  /** Waits until the server prints a word; returns what follows on the line. */
  async prints(word: string): Promise<string> {
    for (;;) {
      const match = RegExp(`^${word} ?(.*)\n`, "m").exec(this.#unread);
      if (match !== null) return match[1];
      const { done, value } = await this.#lines.read();
      if (done) throw new Error(`The server ended before it printed: ${word}`);
      this.#unread += value;
    }
  }

  async kill(): Promise<void> {
    await this.#lines.cancel();
    await end(this.#child);
  }
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

  const servers: Server[] = [];
  const start = () => {
    const server = new Server(observer.path);
    servers.push(server);
    return server;
  };
  try {
    const first = start();
    const port = await first.prints("listens");
    await first.prints("beats");
    await observer.assertBeats(first.pid, 1);
    print(`The server, pid ${first.pid}, beats every ${INTERVAL} ms`);

    // The blocked server never responds.
    const aborter = new AbortController();
    const response = fetch(`http://127.0.0.1:${port}/block`, {
      signal: aborter.signal,
    }).catch(() => {});
    await first.prints("blocks");
    const block = performance.now();
    print("Its event loop is blocked");

    // The supervisor: it waits for the end of the server and starts it again.
    const { signal } = await first.status;
    const untilKill = Math.round(performance.now() - block);
    print(`It is killed by ${signal} after ${untilKill} ms`);
    const second = start();
    await second.prints("beats");
    const untilBeat = Math.round(performance.now() - block);
    print(`Its successor, pid ${second.pid}, beats after ${untilBeat} ms`);
    await observer.assertBeats(second.pid, 1);
    print("varta-watch counts the beats of the successor");

    aborter.abort();
    await response;
    return { pids: [first.pid, second.pid], signal, untilKill, untilBeat };
  } finally {
    await Promise.all(servers.map((server) => server.kill()));
  }
}

if (import.meta.main) {
  if (reasonForNone === undefined) await recover(console.log);
  else console.log(`The demo cannot run: ${reasonForNone}`);
}
