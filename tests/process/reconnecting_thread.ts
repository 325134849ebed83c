import type { Task } from "./reconnecting_worker.ts";

/** A thread whose agent reconnects, again and again, until it is told to end. */
export class ReconnectingThread {
  readonly #worker = new Worker(
    import.meta.resolve("./reconnecting_worker.ts"),
    { type: "module" },
  );
  readonly #shared = new Int32Array(new SharedArrayBuffer(8));

  private constructor() {}

  static async start(path: string): Promise<ReconnectingThread> {
    const thread = new ReconnectingThread();
    const begun = thread.#message();
    const task: Task = { path, shared: thread.#shared };
    thread.#worker.postMessage(task);
    await begun;
    return thread;
  }

  /** How often it has reconnected so far. */
  get reconnects(): number {
    return Atomics.load(this.#shared, 0);
  }

  /** Has it close its agent, and ends it. */
  async end(): Promise<void> {
    const ended = this.#message();
    Atomics.store(this.#shared, 1, 1);
    await ended;
    this.#worker.terminate();
  }

  #message(): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#worker.onmessage = resolve;
      this.#worker.onerror = ({ message }) => reject(new Error(message));
    });
  }
}
