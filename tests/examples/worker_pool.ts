/**
 * A pool of Workers that each have an agent. They count primes. The payload of a
 * beat is the number of the Worker.
 *
 * All beats have the pid of this process, so the observer notices if the whole
 * process hangs, but not if one Worker hangs. Nonces from the clock are needed:
 * with counts, the observer would ignore the beats of most Workers. The Workers
 * start one after another, because `varta-watch` 0.2.0 counts at most one beat of
 * a process in 10 ms.
 *
 * ```sh
 * deno run --allow-ffi --allow-read=. tests/examples/worker_pool.ts
 * ```
 *
 * @module
 */

import { setTimeout as delay } from "node:timers/promises";

const SIZE = 4;
const limits = Array.from({ length: 20 }, (_, i) => 100_000 * (i + 1));

/** Sends a message to a Worker, and returns its reply. */
function request(worker: Worker, message: number | "close"): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  worker.onmessage = ({ data }) => resolve(data);
  worker.onerror = ({ message }) => reject(new Error(message));
  worker.postMessage(message);
  return promise;
}

async function run(name: string): Promise<void> {
  const url = new URL("./worker_pool_worker.ts", import.meta.url);
  const worker = new Worker(url, { type: "module", name });
  for (let limit; (limit = limits.shift()) !== undefined;) {
    console.log(await request(worker, limit));
  }
  await request(worker, "close");
  worker.terminate();
}

const workers: Promise<void>[] = [];
for (let i = 1; i <= SIZE; i++) {
  workers.push(run(`${i}`));
  await delay(1_000 / SIZE);
}
await Promise.all(workers);
