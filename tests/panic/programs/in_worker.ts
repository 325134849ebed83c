// Starts a Worker of the kind that the argument names, which tries to install a panic
// handler.

import { Worker as NodeWorker } from "node:worker_threads";

const url = new URL("installing_worker.ts", import.meta.url);
if (Deno.args[0] === "node") new NodeWorker(url);
else new Worker(url, { type: "module" });
