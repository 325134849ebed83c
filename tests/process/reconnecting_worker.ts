/// <reference lib="deno.worker" />

import { Varta } from "../../mod.ts";

/** What the worker is told. */
export interface Task {
  readonly path: string;
  /** How many reconnects there were; and, from outside, 1 for an end. */
  readonly shared: Int32Array;
}

self.onmessage = ({ data: { path, shared } }: MessageEvent<Task>) => {
  const agent = Varta.connect(path);
  self.postMessage("begun");
  while (Atomics.load(shared, 1) === 0) {
    agent.reconnect();
    Atomics.add(shared, 0, 1);
  }
  agent.close();
  self.postMessage("ended");
};
