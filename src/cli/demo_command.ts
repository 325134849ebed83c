/**
 * The module's main job in five seconds: an observer on a temporary socket, an
 * agent that beats to it, the observer's death, and the agent's way back.
 *
 * Ends with exit code 0, or with 1 and the reason where any of it did not
 * happen.
 *
 * @module
 */

import type { BeatOutcome } from "./beat_outcome.ts";
import { Observer } from "./observer/observer.ts";
import { Status } from "./status.ts";
import { Varta } from "./varta.ts";

const PATH = `/tmp/varta-demo-${Deno.pid}.sock`;
const INTERVAL = 250; // ms
const RECONNECT_AFTER = 3;
const STATUS_NAMES = Object.keys(Status);

/** Prints the beats that have come, and counts them. */
function observe(observer: Observer): number {
  let count = 0;
  for (let seen; (seen = observer.receive());) {
    if (seen.kind === "rejected") throw new Error(`rejected: ${seen.reason}`);
    const { status, pid, timestamp, nonce, payload } = seen.frame;
    const seconds = (Number(timestamp) / 1e9).toFixed(3);
    console.log(
      `  observer  nonce ${nonce}  ${
        STATUS_NAMES[status]
      }  payload ${payload}  pid ${pid}  ${seconds} s`,
    );
    count++;
  }
  return count;
}

function describe(outcome: BeatOutcome): string {
  switch (outcome.kind) {
    case "sent":
      return "sent";
    case "dropped":
      return `dropped: ${outcome.reason} (${outcome.code})`;
    case "failed":
      return `failed: ${outcome.error.message}`;
  }
}

/** One beat and a pause, its outcome printed and returned. */
async function beat(
  agent: Varta,
  status: Status,
  payload: number,
): Promise<BeatOutcome> {
  const outcome = agent.beat(status, payload);
  console.log(`  agent     ${describe(outcome)}`);
  await new Promise((resolve) => setTimeout(resolve, INTERVAL));
  return outcome;
}

function expect(condition: boolean, what: string): void {
  if (!condition) throw new Error(`${what} did not happen`);
}

async function demonstrate(): Promise<void> {
  console.log(`An observer receives at ${PATH}, and an agent beats to it.`);
  let observer = Observer.bind(PATH);
  using agent = Varta.connect(PATH, { reconnectAfter: RECONNECT_AFTER });
  const statuses = [Status.Ok, Status.Ok, Status.Degraded, Status.Ok];
  for (const [payload, status] of statuses.entries()) {
    const { kind } = await beat(agent, status, payload);
    expect(kind === "sent", "the sending of a beat");
    expect(observe(observer) === 1, "the arrival of a beat");
  }

  console.log("\nThe observer dies: beats are dropped, and never throw.");
  observer.close();
  for (let i = 0; i < RECONNECT_AFTER + 1; i++) {
    const { kind } = await beat(agent, Status.Ok, i);
    expect(kind === "dropped", "the drop of a beat");
  }

  console.log("\nThe observer is back: the next beat reconnects.");
  observer = Observer.bind(PATH);
  for (const payload of [100, 101, 102]) {
    const { kind } = await beat(agent, Status.Ok, payload);
    expect(kind === "sent", "the reconnect");
    expect(observe(observer) === 1, "the arrival of a beat behind it");
  }
  observer.close();
}

try {
  await demonstrate();
  console.log("\nAll of it happened as it should.");
} catch (error) {
  console.error(`\nThe demo failed: ${(error as Error).message}`);
  Deno.exitCode = 1;
}
