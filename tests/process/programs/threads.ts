// Beats in five threads at once: in four Workers with an agent in one situation
// each, and here with an agent in every situation, in turn. Prints how often
// each outcome came in each situation. The argument is the number of beats of
// each thread.

import { DatagramSocket } from "../../../ffi/datagram_socket.ts";
import { system } from "../../../ffi/system.ts";
import { Status, Varta } from "../../../mod.ts";
import { TestObserver } from "../../support/observer.ts";
import { count, type Counts, describeOutcome } from "../../support/outcomes.ts";

const STDIN = 0; // not a socket
const BEATS_PER_OBSERVER = 1_000;
const BEATS_PER_COLLECTION = 5_000;

const { gc } = globalThis as unknown as { gc(): void };
const { dup2 } = Deno.dlopen(
  system.libraryName,
  { dup2: { parameters: ["i32", "i32"], result: "i32" } } as const,
).symbols;

/**
 * Puts an agent into a situation.
 *
 * @returns What to do before and after each beat.
 */
type Situation = (agent: Varta, observer: TestObserver) => {
  before?: (beat: number) => void;
  after?: () => void;
};

const situations: Record<string, Situation> = {
  "received": (_agent, observer) => ({ after: () => observer.receiveBytes() }),
  "nothing receives"(agent) {
    while (agent.beat(Status.Ok).kind === "sent");
    return {};
  },
  "observer gone": (agent, observer) => ({
    before(beat) {
      if (beat % BEATS_PER_OBSERVER !== 0) return;
      observer.restart();
      agent.reconnect();
      observer.stop();
    },
  }),
  "not a socket"(agent) {
    // Not by comparing what is open, which other threads change meanwhile.
    const { connect } = DatagramSocket.prototype;
    let fd = -1;
    DatagramSocket.prototype.connect = function () {
      const failure = connect.call(this);
      fd = this.fd;
      return failure;
    };
    agent.reconnect();
    DatagramSocket.prototype.connect = connect;
    dup2(STDIN, fd);
    return {};
  },
};

/** Beats with agents in these situations, in turn. */
function beatInTurn(names: string[], waitForStart: () => void) {
  const agents = names.map((name) => {
    const observer = new TestObserver();
    const agent = Varta.connect(observer.path);
    const outcomes: Counts = {};
    return { agent, observer, outcomes, ...situations[name](agent, observer) };
  });
  waitForStart();
  for (let beat = 0; beat < Number(Deno.args[0]); beat++) {
    const { agent, outcomes, before, after } = agents[beat % agents.length];
    before?.(Math.floor(beat / agents.length));
    count(outcomes, describeOutcome(agent.beat(Status.Ok)));
    after?.();
    if (beat % BEATS_PER_COLLECTION === 0) gc();
  }
  for (const { observer } of agents) observer[Symbol.dispose]();
  return agents.map(({ outcomes }) => outcomes);
}

/** The next message of a Worker. */
function nextMessage(worker: Worker): Promise<unknown> {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(message));
  });
}

const isStarted = new Int32Array(new SharedArrayBuffer(4));

if ("DedicatedWorkerGlobalScope" in globalThis) {
  const scope = globalThis as unknown as Worker;
  scope.onmessage = ({ data: { name, isStarted } }) => {
    const [outcomes] = beatInTurn([name], () => {
      scope.postMessage("ready");
      Atomics.wait(isStarted, 0, 0);
    });
    scope.postMessage(outcomes);
  };
} else {
  const workers: Worker[] = [];
  for (const name of Object.keys(situations)) {
    const worker = new Worker(import.meta.url, { type: "module" });
    worker.postMessage({ name, isStarted });
    await nextMessage(worker);
    workers.push(worker);
  }
  const results = workers.map(nextMessage);
  const here = beatInTurn(Object.keys(situations), () => {
    Atomics.store(isStarted, 0, 1);
    Atomics.notify(isStarted, 0);
  });
  const inWorkers = await Promise.all(results);
  for (const worker of workers) worker.terminate();
  console.log(JSON.stringify({ here, inWorkers }));
}
