/// <reference lib="deno.worker" />
// Binds paths, and answers when it has done so.

import { Observer } from "../../../src/observer/mod.ts";

/** A path that the Worker is sent, and what it does there. */
export interface Task {
  path: string;
  /** Whether it starts a loop. */
  loop?: boolean;
  /** Whether it closes the observer. */
  close?: boolean;
}

const observers: Observer[] = [];

self.onmessage = ({ data }: MessageEvent<Task>) => {
  const { path, loop, close } = data;
  const observer = Observer.bind(path);
  observers.push(observer); // so that it is not garbage-collected
  if (loop) observer[Symbol.asyncIterator]().next();
  if (close) observer.close();
  self.postMessage("done");
};
