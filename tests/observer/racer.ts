/// <reference lib="deno.worker" />
// Binds a path at the very moment when others do.

import { Observer } from "../../src/observer/mod.ts";

let observer: Observer | undefined;

self.onmessage = ({ data }) => {
  self.postMessage(data.path ? race(data) : observer?.close());
};

function race(
  { path, start, round }: { path: string; start: Int32Array; round: number },
): string {
  while (Atomics.load(start, 0) !== round);
  try {
    observer = Observer.bind(path);
    return "bound";
  } catch (error) {
    observer = undefined;
    return (error as Error).name;
  }
}
