// Runs Workers one after the other, in each of which an agent's sends fail with
// one errno after another. Prints the reports of each Worker. The arguments are the
// observer's path, the C library, "seccomp" or "interpose", and an array of tasks
// in JSON.

import * as interposed from "./interposed_send.ts";
import * as seccomp from "./seccomp.ts";
import { describeOutcome } from "../../support/outcomes.ts";

/** What happened to the beats whose sends failed with one errno. */
export interface ErrnoReport {
  /** The outcome of the first beat. */
  outcome: string;
  errno: number;
  /** How many more beats had the same outcome, the very same object. */
  same: number;
}

/** What a Worker does. */
export interface Task {
  errnos: number[];
  /** How many beats follow the first one with each errno. */
  beats: number;
}

const [path, library, way, tasks] = Deno.args;

async function run({ errnos, beats }: Task): Promise<ErrnoReport[]> {
  if (way === "interpose") interposed.interpose(library);
  const { failSends } = way === "interpose" ? interposed : seccomp;
  const { Status, Varta } = await import("../../../mod.ts");
  using agent = Varta.connect(path);
  return errnos.map((number) => {
    failSends(library, number);
    const outcome = agent.beat(Status.Ok);
    if (outcome.kind === "sent") throw new Error("A send does not fail");
    let same = 0;
    for (let beat = 0; beat < beats; beat++) {
      if (agent.beat(Status.Ok, beat) === outcome) same++;
    }
    const { errno } = outcome.kind === "failed" ? outcome.error : outcome;
    return { outcome: describeOutcome(outcome), errno, same };
  });
}

function runInWorker(task: Task): Promise<ErrnoReport[]> {
  const worker = new Worker(import.meta.url, { type: "module" });
  return new Promise<ErrnoReport[]>((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(message));
    worker.postMessage(task);
  }).finally(() => worker.terminate());
}

if ("DedicatedWorkerGlobalScope" in globalThis) {
  const scope = globalThis as unknown as Worker;
  scope.onmessage = async ({ data }) => scope.postMessage(await run(data));
} else {
  const reports: ErrnoReport[][] = [];
  for (const task of JSON.parse(tasks)) reports.push(await runInWorker(task));
  console.log(JSON.stringify(reports));
}
