/**
 * Sent beats in a Worker, beside C in the same Worker.
 *
 * @module
 */

import { measurePaired, type Quantiles } from "./paired.ts";
import { Bench, UNITS } from "./beats.ts";
import { loadNative } from "./native.ts";

interface Request {
  library: string;
  path: string;
  rounds: number;
}

/** Runs the measurement in a Worker of its own. */
export async function measureInWorker(
  request: Request,
): Promise<Map<string, Quantiles>> {
  const worker = new Worker(import.meta.url, { type: "module" });
  const { promise, resolve, reject } = Promise.withResolvers<
    Map<string, Quantiles>
  >();
  worker.onmessage = ({ data }) => resolve(data);
  worker.onerror = reject;
  worker.postMessage(request);
  try {
    return await promise;
  } finally {
    worker.terminate();
  }
}

/** What a Worker's scope has, where the types are those of a window's. */
interface WorkerScope {
  onmessage: (event: MessageEvent<Request>) => void;
  postMessage(message: unknown): void;
}

if ("DedicatedWorkerGlobalScope" in globalThis) {
  const scope = globalThis as unknown as WorkerScope;
  scope.onmessage = async ({ data }) => {
    const bench = new Bench(loadNative(data.library), data.path);
    const times = await measurePaired([
      bench.native(),
      bench.agent("in a Worker, version 1", 1),
      bench.agent("in a Worker, version 2", 2),
    ], { rounds: data.rounds, units: UNITS });
    bench.close();
    scope.postMessage(times);
  };
}
