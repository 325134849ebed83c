// Ends Workers one after another, each of them with an open loop: `end_workers.ts
// FOLDER COUNT`. Prints what this process has before the last COUNT Workers, and
// after them.

import { setTimeout as delay } from "node:timers/promises";
import { system } from "../../../ffi/system.ts";
import { openDescriptors } from "../../support/process.ts";
import type { Task } from "./observing_worker.ts";

/** What the process has. */
export interface Resources {
  /** The thread-specific keys that are free for other libraries. */
  keys: number;
  /** Without those of Deno itself. */
  descriptors: number;
  threads: number;
}

const { symbols: { pthread_key_create, pthread_key_delete } } = Deno.dlopen(
  system.libraryName,
  {
    pthread_key_create: { parameters: ["buffer", "pointer"], result: "i32" },
    pthread_key_delete: { parameters: ["u32"], result: "i32" },
  },
);

function countFreeKeys(): number {
  const keys: number[] = [];
  const key = new Uint32Array(1);
  while (pthread_key_create(key, null) === 0) keys.push(key[0]);
  for (const key of keys) pthread_key_delete(key);
  return keys.length;
}

/** Returns what the process has when that does not change any more. */
async function settle(): Promise<Resources> {
  for (let last = "", unchanged = 0;;) {
    const resources = {
      keys: countFreeKeys(),
      descriptors: openDescriptors().length,
      threads: [...Deno.readDirSync("/proc/self/task")].length,
    };
    const text = JSON.stringify(resources);
    unchanged = text === last ? unchanged + 1 : 0;
    if (unchanged === 20) return resources;
    last = text;
    await delay(10);
  }
}

async function endWorker(task: Task): Promise<void> {
  const program = import.meta.resolve("./observing_worker.ts");
  const worker = new Worker(program, { type: "module" });
  worker.postMessage(task);
  await new Promise((resolve) => worker.onmessage = resolve);
  worker.terminate();
}

if (import.meta.main) {
  const [folder, count] = Deno.args;
  const run = async (count: number) => {
    for (let i = 0; i < count; i++) {
      await endWorker({ path: `${folder}/${i}`, loop: true });
    }
  };
  await run(10); // until Deno has all threads that it keeps
  const before = await settle();
  await run(Number(count));
  console.log(JSON.stringify({ before, after: await settle() }));
}
