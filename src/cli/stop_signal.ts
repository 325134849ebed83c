/** What asks a process to end: Ctrl-C, kill(1), a terminal that closes, Ctrl-\. */
const signals: readonly Deno.Signal[] = [
  "SIGINT",
  "SIGTERM",
  "SIGHUP",
  "SIGQUIT",
];

/**
 * Hears the signals of the system that ask the process to end, which then do not
 * end it by themselves.
 */
export class StopSignal implements Disposable {
  readonly #controller = new AbortController();
  readonly #heard: Deno.Signal[] = [];
  readonly #stop = () => this.#controller.abort();
  /** Settles at the first of them. */
  readonly requested: Promise<void> = new Promise((resolve) =>
    this.signal.addEventListener("abort", () => resolve())
  );

  constructor() {
    for (const signal of signals) {
      try {
        Deno.addSignalListener(signal, this.#stop);
        this.#heard.push(signal);
      } catch {
        // Windows has not all of them.
      }
    }
  }

  /** Aborts at the first of them. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  [Symbol.dispose](): void {
    for (const signal of this.#heard) {
      Deno.removeSignalListener(signal, this.#stop);
    }
  }
}
