/// <reference lib="deno.worker" />
// Binds a path at the same moment as other Workers do.

import { Observer } from "../../../src/observer/mod.ts";

/** What the Worker is told to do, when `start` holds the number of the round. */
export interface Round {
  path: string;
  start: Int32Array;
  round: number;
}

let observer: Observer | undefined;

self.onmessage = ({ data }: MessageEvent<Round | "close">) => {
  self.postMessage(data === "close" ? observer?.close() : bind(data));
};

/** Returns `"bound"`, or the name of the error. */
function bind({ path, start, round }: Round): string {
  while (Atomics.load(start, 0) !== round);
  try {
    observer = Observer.bind(path);
    return "bound";
  } catch (error) {
    observer = undefined;
    return (error as Error).name;
  }
}
