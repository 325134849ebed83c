import { raiseDefault } from "../../ffi/process/signals.ts";
import { checkObject, invalidOption } from "../_invalid_option.ts";
import type { BeatOutcome } from "../agent/outcome.ts";
import { watchUncaughtErrors } from "./_uncaught_errors.ts";

const ACTION = "install panic handler";

/** The signals that end a process by default, and that it can listen to. */
const SIGNALS = [
  "SIGHUP",
  "SIGINT",
  "SIGQUIT",
  "SIGABRT",
  "SIGUSR1",
  "SIGUSR2",
  "SIGALRM",
  "SIGTERM",
  "SIGXCPU",
  "SIGXFSZ",
  "SIGVTALRM",
  "SIGPROF",
] as const satisfies readonly Deno.Signal[];

type PanicSignal = typeof SIGNALS[number];

/** Options for {@linkcode installPanicHandler}. */
export interface PanicHandlerOptions {
  /**
   * The signals that end the process with a terminal beat, of: `SIGHUP`, `SIGINT`,
   * `SIGQUIT`, `SIGABRT`, `SIGUSR1`, `SIGUSR2`, `SIGALRM`, `SIGTERM`, `SIGXCPU`,
   * `SIGXFSZ`, `SIGVTALRM`, `SIGPROF`. Name a signal only if nothing else in the
   * program listens to it. One that the system does not have is ignored.
   *
   * The signal then ends the process, even if the process ignored it before (SIGHUP
   * under `nohup`). A blocked event loop delays both the beat and the end. Without
   * FFI permission, or with pid 1, which the kernel protects, the process exits
   * with 128 plus the number of the signal, as a shell reports it.
   *
   * Do not name SIGTERM under `deno run --watch`: from Deno 2.7.7 on, the watcher
   * calls its listeners at each change, and they cannot tell the difference.
   *
   * @default {[]}
   */
  signals?: readonly Deno.Signal[];
}

/**
 * Sends the terminal beat of an agent if an uncaught error or an unhandled rejection
 * ends this process. Everything else stays the same: what is printed, the exit code,
 * and which listeners are called. If several handlers are installed, each sends once.
 * Signals are opt-in: see {@linkcode PanicHandlerOptions}.
 *
 * Nothing is sent if a listener, for an event of Deno or of Node's `process`, prevents
 * the error, nor by `Deno.exit()` and the end of the program: a graceful shutdown sends
 * the terminal beat itself, as the second example shows. Nor is it sent if a listener
 * for `error` throws or calls `Deno.exit()`, if a listener that was added before the
 * handler calls `stopImmediatePropagation()`, or if the process gets SIGKILL, crashes
 * or runs out of memory.
 *
 * It is sent although the process goes on if the program itself dispatches an `error`
 * event like one of Deno, and after an error in `deno test`, `deno bench`, `deno repl`
 * and under `deno run --watch`. A program cannot know that it runs there. With
 * `nonce: "clock"`, an observer ignores all beats of a pid after its terminal beat, so
 * do not install the handler under `--watch`.
 *
 * @example Install a panic handler
 * ```ts
 * import { installPanicHandler, startHeartbeat, Varta } from "@varta/client";
 * import { Observer } from "@varta/client/observer";
 * import { assertEquals } from "@std/assert";
 *
 * const path = `/tmp/varta-${Deno.pid}.sock`;
 * using _observer = Observer.bind(path);
 * using agent = Varta.connect(path, { version: 2, reconnectAfter: 1 });
 * using _handler = installPanicHandler(agent);
 * using heartbeat = startHeartbeat(agent, { interval: 1_000 });
 * assertEquals(heartbeat.counters.sent, 1);
 * ```
 *
 * @example Send the terminal beat in a graceful shutdown
 * ```ts ignore
 * import { installPanicHandler, startHeartbeat, Varta } from "@varta/client";
 *
 * const agent = Varta.connect("/tmp/varta.sock", {
 *   version: 2,
 *   reconnectAfter: 1, // or an observer that has restarted gets no terminal beat
 * });
 * installPanicHandler(agent);
 * const heartbeat = startHeartbeat(agent, { interval: 1_000 });
 * const server = Deno.serve({ port: 8000 }, () => new Response("Hello"));
 *
 * Deno.addSignalListener("SIGTERM", async () => {
 *   await server.shutdown();
 *   heartbeat.stop();
 *   agent.beatTerminal();
 *   Deno.exit();
 * });
 * ```
 *
 * @param agent The agent, or any other object with a `beatTerminal` method. An error
 * that the method throws is ignored: the error that ends the process matters more.
 * @param options The signals, if there are any.
 * @returns The handler. After it is disposed, it sends nothing.
 * @throws {TypeError} If `agent` has no `beatTerminal` method, or an option has the
 * wrong type.
 * @throws {RangeError} If `signals` contains a string that is not listed at
 * {@linkcode PanicHandlerOptions.signals}.
 * @throws {Deno.errors.NotSupported} In a `Worker`, which does not end the process. A
 * handler on the main thread handles the errors of Workers.
 */
export function installPanicHandler(
  agent: { beatTerminal(payload?: number | bigint): BeatOutcome },
  options: PanicHandlerOptions = {},
): Disposable {
  if (typeof agent?.beatTerminal !== "function") {
    const expected = "an object with a beatTerminal method";
    throw invalidOption(ACTION, "agent", expected, agent);
  }
  const signals = readSignals(options);
  // Unlike WorkerGlobalScope, it is also a global of a node:worker_threads Worker.
  // And an import of node:worker_threads takes 5 ms.
  if ("DedicatedWorkerGlobalScope" in globalThis) {
    throw new Deno.errors.NotSupported(
      "Cannot install panic handler in a Worker: install it on the main thread, where it also handles the errors of Workers",
    );
  }
  return new PanicHandler(agent, signals);
}

class PanicHandler implements Disposable {
  readonly #agent: { beatTerminal(): BeatOutcome };
  readonly #stopWatching: () => void;
  readonly #listeners = new Map<PanicSignal, () => void>();
  #isDone = false;

  constructor(
    agent: { beatTerminal(): BeatOutcome },
    signals: Iterable<PanicSignal>,
  ) {
    this.#agent = agent;
    this.#stopWatching = watchUncaughtErrors(() => void this.#beatTerminal());
    for (const signal of signals) {
      const listener = () => {
        this.#beatTerminal();
        endBySignal(signal);
      };
      try {
        Deno.addSignalListener(signal, listener);
        this.#listeners.set(signal, listener);
      } catch {
        // The system does not have this signal.
      }
    }
  }

  /** Calls `beatTerminal` at once, and ignores what it throws or rejects with. */
  async #beatTerminal(): Promise<void> {
    if (this.#isDone) return;
    this.#isDone = true;
    try {
      await this.#agent.beatTerminal();
    } catch {
      // The process must end as it would without this handler.
    }
  }

  [Symbol.dispose](): void {
    this.#isDone = true;
    this.#stopWatching();
    for (const [signal, listener] of this.#listeners) {
      Deno.removeSignalListener(signal, listener);
    }
  }
}

/** Ends this process by a signal, or as if it had ended by it. */
async function endBySignal(signal: PanicSignal): Promise<never> {
  // Imported here, because it takes 4 ms. Meanwhile the listeners of other panic
  // handlers are called, which send their beats too.
  const { constants } = await import("node:os");
  const signum = constants.signals[signal];
  raiseDefault(signum);
  Deno.exit(128 + signum);
}

/** @throws {TypeError} If the options are invalid. */
function readSignals(options: PanicHandlerOptions): Set<PanicSignal> {
  checkObject(ACTION, "options", options);
  const { signals = [] } = options;
  if (!Array.isArray(signals)) {
    throw invalidOption(ACTION, "signals", "an array", signals);
  }
  const names = new Set<PanicSignal>(signals);
  for (const name of names) {
    if (SIGNALS.includes(name)) continue;
    const expected = `one of ${SIGNALS.join(", ")}`;
    throw invalidOption(ACTION, "each of signals", expected, name, "string");
  }
  return names;
}
