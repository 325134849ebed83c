/// <reference lib="deno.worker" />

import { Status, Varta } from "../../../mod.ts";

/** What a {@linkcode ReconnectingWorker} sends to its thread. */
export interface Task {
  readonly path: string;
  /** The number of reconnects, and 1 to stop. */
  readonly shared: Int32Array;
}

/** A thread whose agent reconnects again and again until it is told to stop. */
export class ReconnectingWorker {
  readonly #worker = new Worker(import.meta.url, { type: "module" });
  readonly #shared = new Int32Array(new SharedArrayBuffer(8));

  /** Starts the thread, and waits until its agent is connected. */
  async start(path: string): Promise<void> {
    const task: Task = { path, shared: this.#shared };
    const started = this.#nextMessage();
    this.#worker.postMessage(task);
    await started;
  }

  /** The number of reconnects until now. */
  get reconnects(): number {
    return Atomics.load(this.#shared, 0);
  }

  /** Stops the thread after it has closed its agent. */
  async stop(): Promise<void> {
    const closed = this.#nextMessage();
    Atomics.store(this.#shared, 1, 1);
    await closed;
    this.#worker.terminate();
  }

  #nextMessage(): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#worker.onmessage = resolve;
      this.#worker.onerror = ({ message }) => reject(new Error(message));
    });
  }
}

if ("DedicatedWorkerGlobalScope" in globalThis) {
  self.onmessage = ({ data: { path, shared } }: MessageEvent<Task>) => {
    const agent = Varta.connect(path);
    agent.beat(Status.Ok);
    self.postMessage("connected");
    while (Atomics.load(shared, 1) === 0) {
      agent.reconnect();
      Atomics.add(shared, 0, 1);
    }
    agent.close();
    self.postMessage("closed");
  };
}
