import { type PanicHandlerOptions, signalsOf } from "./options.ts";
import type { Varta } from "../agent/varta.ts";
import {
  type SignalNumbers,
  type SignalWatcher,
  watchSignals,
} from "./_signals.ts";
import { watchUncaughtErrors } from "./_uncaught_errors.ts";

/**
 * Lets an agent say its last word where this process dies: by an error that
 * nobody catches, by a rejection that nobody handles, or by a signal. It is said
 * once, and all else is as without: what is printed, the exit code, the signal
 * that the process dies by, and the listeners that are called.
 *
 * Where another listener prevents the error, the process lives on, and nothing
 * is sent. So it does where another listens to the signal; if it ends by itself
 * after that, as behind a graceful shutdown, the word is sent then, unless the
 * agent is closed. Leave a signal out of `signals` that ends nothing, such as a
 * SIGHUP that reads the configuration anew. Without a signal, neither
 * `Deno.exit()` nor the end of the program is a panic.
 *
 * Install it before all other listeners: it cannot tell that one which was there
 * before has just removed itself, as `process.once` does, from one that did so
 * long ago, and takes the first signal as handled. Neither does it hear of a
 * signal whose earlier listener calls `Deno.exit()`, nor of an error whose
 * earlier listener calls `stopImmediatePropagation()`.
 *
 * Nothing is sent on SIGKILL, on a crash of Deno, and where memory runs out: the
 * process has no say in it. While the event loop is blocked, a signal waits, as
 * for every listener in Deno. The kernel spares a process with the id 1, as in a
 * container, from signals that it does not listen to, and so does this, also
 * where Deno itself would crash by them (from 2.9.2 on, half a second after its
 * start); give the container an init.
 *
 * @throws {TypeError} Where the agent has no `beatTerminal`, or `signals` holds
 * what is not the name of a signal that ends a process and can be handled;
 * SIGKILL and SIGSTOP cannot.
 * @throws {Deno.errors.NotSupported} In a `Worker`, whose end is not that of the
 * process: errors of workers are handled where the process began; or on a
 * release of Deno that does not tell whether a signal has listeners.
 * @throws {Deno.errors.NotCapable} Where FFI permission is missing.
 *
 * @example
 * ```ts ignore
 * import { installPanicHandler, Status, Varta } from "@varta/client";
 *
 * const agent = Varta.connect("/run/varta.sock", { reconnectAfter: 3 });
 * installPanicHandler(agent);
 * setInterval(() => agent.beat(Status.Ok), 1_000);
 * ```
 *
 * @param agent Who says it: an agent, or whatever has its `beatTerminal`.
 * @param options The signals.
 * @returns The handler; once it is disposed of, nothing is sent.
 */
export function installPanicHandler(
  agent: Pick<Varta, "beatTerminal">,
  options: PanicHandlerOptions = {},
): Disposable {
  if (typeof agent?.beatTerminal !== "function") {
    throw new TypeError(
      `Cannot install panic handler: agent must have a method beatTerminal: received ${
        Deno.inspect(agent)
      }`,
    );
  }
  const signals = signalsOf(options);
  if ("WorkerGlobalScope" in globalThis) {
    throw new Deno.errors.NotSupported(
      "Cannot install panic handler in a Worker: install it on the main thread, which hears of a worker's errors",
    );
  }
  return new PanicHandler(agent, signals);
}

class PanicHandler implements Disposable, SignalWatcher {
  readonly #agent: Pick<Varta, "beatTerminal">;
  readonly #releases: (() => void)[];
  #isSilent = false;
  #wasSignalled = false;

  constructor(
    agent: Pick<Varta, "beatTerminal">,
    signals: SignalNumbers,
  ) {
    this.#agent = agent;
    this.#releases = [
      watchSignals(signals, this), // first, since it may throw
      watchUncaughtErrors(() => this.dying()),
    ];
    globalThis.addEventListener("unload", this.#onUnload);
  }

  dying(): void {
    if (this.#isSilent) return;
    this.#isSilent = true;
    this.#agent.beatTerminal();
  }

  handled(): void {
    this.#wasSignalled = true;
  }

  [Symbol.dispose](): void {
    this.#isSilent = true;
    for (const release of this.#releases.splice(0)) release();
    globalThis.removeEventListener("unload", this.#onUnload);
  }

  readonly #onUnload = () => {
    if (this.#wasSignalled) this.dying();
  };
}
