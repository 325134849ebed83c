/**
 * A Worker that beats in one situation, once the main thread raises the flag.
 *
 * @module
 */

import { beatInTurn, situations, type Tally } from "./beaters.ts";

/** What a Worker is to do. */
export interface Task {
  situation: string;
  beats: number;
  flag: Int32Array;
}

/** What a Worker's scope has, where the types are those of a window's. */
interface WorkerScope {
  onmessage: (event: MessageEvent<Task>) => void;
  postMessage(message: "ready" | Tally): void;
}

if ("DedicatedWorkerGlobalScope" in globalThis) {
  const scope = globalThis as unknown as WorkerScope;
  scope.onmessage = ({ data: { situation, beats, flag } }) => {
    using beater = situations[situation]();
    scope.postMessage("ready");
    Atomics.wait(flag, 0, 0);
    scope.postMessage(beatInTurn([beater], beats));
  };
}
