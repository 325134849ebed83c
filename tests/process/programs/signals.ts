// Beats in many rounds while another thread sends signals to this process, and
// prints the outcomes. The arguments are the situation, and how many rounds and
// received signals there are at least.

import { Status, Varta } from "../../../mod.ts";
import { TestObserver } from "../../support/observer.ts";
import { count, type Counts, describeOutcome } from "../../support/outcomes.ts";

/** What this program prints. */
export interface SignalResult {
  rounds: number;
  signals: number;
  outcomes: Counts;
  /** How many beats the observer received, and the nonce of the last. */
  received: number;
  last: number;
}

// Not SIGUSR1, which starts the debugger of Deno.
const SIGNALS = ["SIGUSR2", "SIGWINCH"] as const;

/** Sends signals to this process until the flag is set. */
function sendSignals(isDone: Int32Array): void {
  // With a pause, because signals without one can keep a thread from going on.
  for (let i = 0; Atomics.wait(isDone, 0, 0, 0.05) === "timed-out"; i++) {
    Deno.kill(Deno.pid, SIGNALS[i % SIGNALS.length]);
  }
}

async function run(): Promise<SignalResult> {
  const [situation, minRounds, minSignals] = Deno.args;
  const observer = new TestObserver();
  const agent = Varta.connect(observer.path, { reconnectAfter: 3 });
  const result = { rounds: 0, signals: 0, outcomes: {}, received: 0, last: 0 };
  const beat = () =>
    count(result.outcomes, describeOutcome(agent.beat(Status.Ok)));
  const receive = () => {
    for (const { nonce } of observer.receiveAll()) {
      result.received++;
      result.last = Number(nonce);
    }
  };
  if (situation === "full") { while (agent.beat(Status.Ok).kind === "sent"); }

  for (const signal of SIGNALS) {
    Deno.addSignalListener(signal, () => result.signals++);
  }
  const worker = new Worker(import.meta.url, { type: "module" });
  const isDone = new Int32Array(new SharedArrayBuffer(4));
  worker.postMessage(isDone);
  const turns = Number(minRounds) / Number(minSignals);
  while (
    result.rounds < Number(minRounds) || result.signals < Number(minSignals)
  ) {
    if (situation === "restarted") {
      observer.restart();
      beat();
      beat();
    }
    beat();
    if (situation !== "full") receive();
    // The listeners are called only between turns of the event loop.
    if (result.rounds++ % Math.ceil(turns) === 0) {
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
  }
  Atomics.store(isDone, 0, 1);
  agent.close();
  observer[Symbol.dispose]();
  return result;
}

if ("DedicatedWorkerGlobalScope" in globalThis) {
  globalThis.onmessage = ({ data }: MessageEvent) => sendSignals(data);
} else {
  console.log(JSON.stringify(await run()));
  Deno.exit();
}
