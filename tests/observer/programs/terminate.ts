// Terminates a Worker in a loop of an observer at the path in the argument.

import type { Task } from "./observing_worker.ts";

const program = import.meta.resolve("./observing_worker.ts");
const worker = new Worker(program, { type: "module" });
const [path] = Deno.args;
const task: Task = { path, loop: true };
worker.postMessage(task);
await new Promise((resolve) => worker.onmessage = resolve);
worker.terminate();
console.log("terminated");
