/**
 * A Worker whose sends fail: one agent for each errno from `from` to `to`, each
 * with a descriptor of its own, by which its errno is chosen.
 *
 * @module
 */

import type { BeatOutcome, Varta as Agent } from "../../../mod.ts";
import { nextDescriptor } from "./machine.ts";
import { filterSends } from "./seccomp.ts";
import { failSends, replaceLibrary } from "./stand_in.ts";

/** What a Worker is to do. */
export interface Task {
  /** An observer's path, which all agents connect to. */
  path: string;
  /** The C library's path, or that of its stand-in. */
  library: string;
  standIn: boolean;
  from: number;
  to: number;
  /** How often all agents beat in turn after their first beat. */
  rounds: number;
}

/** An outcome as a message carries it. */
export type PlainOutcome = Record<string, unknown>;

/** What came of it. */
export interface Report {
  /** Of each agent's first beat, the first of all in this isolate among them. */
  outcomes: PlainOutcome[];
  /** The beats behind those, and how many of them had another outcome. */
  beats: number;
  others: number;
}

const inTheWay: Agent[] = [];

async function run(task: Task): Promise<Report> {
  const { library, standIn, from, to, rounds } = task;
  if (standIn) replaceLibrary(library);
  const { BeatError, Status, Varta } = await import("../../../mod.ts");
  const { first, agents } = connectInRow(
    to - from + 1,
    () => Varta.connect(task.path),
  );
  (standIn ? failSends : filterSends)(library, first - from);

  const expected: BeatOutcome[] = agents.map((agent) => agent.beat(Status.Ok));
  let others = 0;
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < agents.length; i++) {
      if (agents[i].beat(Status.Ok, round) !== expected[i]) others++;
    }
  }
  for (const agent of agents) agent.close();

  const outcomes = expected.map((outcome): PlainOutcome => {
    if (outcome.kind !== "failed") return { ...outcome };
    const { errno, code } = outcome.error;
    const isBeatError = outcome.error instanceof BeatError;
    return { kind: outcome.kind, isBeatError, errno, code };
  });
  return { outcomes, beats: rounds * agents.length, others };
}

/**
 * Agents whose descriptors follow each other, from `first`. Other threads open
 * descriptors meanwhile, and a Worker that ends gives its own back: then each
 * agent there is stays open, out of the way of the next attempt.
 */
function connectInRow(count: number, connect: () => Agent) {
  for (;;) {
    const first = nextDescriptor();
    const agents: Agent[] = [];
    while (nextDescriptor() === first + agents.length) {
      if (agents.length === count) return { first, agents };
      agents.push(connect());
    }
    inTheWay.push(...agents);
  }
}

/** What a Worker's scope has, where the types are those of a window's. */
interface WorkerScope {
  onmessage: (event: MessageEvent<Task>) => void;
  postMessage(report: Report): void;
}

if ("DedicatedWorkerGlobalScope" in globalThis) {
  const scope = globalThis as unknown as WorkerScope;
  scope.onmessage = async ({ data }) => scope.postMessage(await run(data));
}
