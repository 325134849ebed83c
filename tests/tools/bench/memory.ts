/**
 * Measures the memory of an agent that has sent a beat.
 *
 * @module
 */

import { Status, Varta } from "../../../mod.ts";
import { TestObserver } from "../../support/observer.ts";
import type { Result } from "./request.ts";

const AGENTS = 5_000;
const { gc } = globalThis as unknown as { gc(): void };

using observer = new TestObserver();

function createAgents(): Varta[] {
  return Array.from({ length: AGENTS }, () => {
    const agent = Varta.connect(observer.path);
    agent.beat(Status.Ok);
    return agent;
  });
}

function measure() {
  for (let i = 0; i < 5; i++) gc();
  const { heapUsed, external, rss } = Deno.memoryUsage();
  return { heap: heapUsed + external, rss };
}

// The first agents pay for what the heap keeps in reserve.
const agents = createAgents();
const before = measure();
agents.push(...createAgents());
const after = measure();
for (const agent of agents) agent.close();

const shared = { bound: 2048, unit: " B" };
const result: Result = {
  figures: [{
    name: "memory of an agent: heap",
    value: (after.heap - before.heap) / AGENTS,
    ...shared,
  }, {
    name: "memory of an agent: resident set",
    value: (after.rss - before.rss) / AGENTS,
    ...shared,
  }],
};
console.log(JSON.stringify(result));
