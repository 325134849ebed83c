/**
 * Beats in a Worker, next to the same work in C.
 *
 * @module
 */

import { Varta } from "../../../mod.ts";
import { measureLoop, ratio } from "./loop_times.ts";
import { loadNative } from "./native.ts";
import { Receiver, UNITS } from "./receiver.ts";
import type { Request, Result } from "./request.ts";

/** What a Worker has, since the types are those of the main thread. */
interface WorkerScope {
  onmessage(event: MessageEvent<Request>): void;
  postMessage(result: Result): void;
}

if ("DedicatedWorkerGlobalScope" in globalThis) {
  const scope = globalThis as unknown as WorkerScope;
  scope.onmessage = async ({ data }) => scope.postMessage(await measure(data));
} else {
  const worker = new Worker(import.meta.url, { type: "module" });
  worker.onmessage = ({ data }: MessageEvent<Result>) => {
    console.log(JSON.stringify(data));
    Deno.exit();
  };
  worker.postMessage(JSON.parse(Deno.args[0]));
}

async function measure(
  { library, folder, rounds }: Request,
): Promise<Result> {
  const receiver = new Receiver(loadNative(library), `${folder}/worker`);
  const connect = (version: 1 | 2) =>
    Varta.connect(receiver.address, { version });
  const table = await measureLoop(
    "worker",
    "a beat in a Worker",
    [
      receiver.inC(),
      receiver.agent("version 1", connect(1)),
      receiver.agent("version 2", connect(2)),
    ],
    rounds,
    UNITS,
  );
  return {
    tables: [table],
    figures: [
      {
        name: "a beat in a Worker: version 1 against C",
        value: ratio(table, "version 1", "C"),
        bound: 1.05,
      },
      {
        name: "a beat in a Worker: version 2 against C",
        value: ratio(table, "version 2", "C"),
        bound: 1.08,
      },
    ],
  };
}
