import { setTimeout as delay } from "node:timers/promises";
import type { BeatOutcome } from "../agent/outcome.ts";
import { Varta } from "../agent/varta.ts";
import { Status } from "../frame/status.ts";
import { Observer } from "../observer/mod.ts";
import { type Command, ExitCode } from "./_command.ts";
import { untilStopSignal } from "./_stop_signal.ts";
import { describeOutcome, printError, statusName } from "./_text.ts";

const PATH = `/tmp/varta-demo-${Deno.pid}.sock`;
const INTERVAL = 250; // ms
const RECONNECT_AFTER = 3;

/** `demo`: shows what the module does, and checks it. */
export const demoCommand: Command = {
  name: "demo",
  summary:
    "Show beats, the end of an observer and the reconnect, in three seconds.",
  positionals: [],
  options: {},
  details: `\
Exit codes:
  0  everything happened as expected
  2  the command line is wrong
  3  something did not happen; stderr says what`,
  example: "demo",
  run: demo,
};

async function demo(): Promise<number> {
  const stopped = untilStopSignal().then(() => true);
  try {
    await demonstrate(stopped);
    console.log("\nEverything happened as expected.");
    return ExitCode.DONE;
  } catch (error) {
    printError(`\nThe demo failed: ${(error as Error).message}`);
    return ExitCode.FAILED;
  }
}

async function demonstrate(stopped: Promise<boolean>): Promise<void> {
  console.log(`An observer receives at ${PATH}, and an agent beats to it.`);
  using first = Observer.bind(PATH);
  using agent = Varta.connect(PATH, { reconnectAfter: RECONNECT_AFTER });
  const statuses = [Status.Ok, Status.Ok, Status.Degraded, Status.Ok];
  for (const [payload, status] of statuses.entries()) {
    const { kind } = await beat(agent, status, payload, stopped);
    expect(kind === "sent", "a beat was not sent");
    expect(observe(first) === 1, "a beat did not arrive");
  }

  console.log("\nThe observer ends: beats are dropped, and never throw.");
  first.close();
  for (let i = 0; i < RECONNECT_AFTER + 1; i++) {
    const { kind } = await beat(agent, Status.Ok, i, stopped);
    expect(kind === "dropped", "a beat was not dropped");
  }

  console.log("\nThe observer is back: the next beat reconnects.");
  using second = Observer.bind(PATH);
  for (const payload of [100, 101, 102]) {
    const { kind } = await beat(agent, Status.Ok, payload, stopped);
    expect(kind === "sent", "the agent did not reconnect");
    expect(observe(second) === 1, "a beat after the reconnect did not arrive");
  }
}

/** Beats once, prints the outcome, and waits. */
async function beat(
  agent: Varta,
  status: Status,
  payload: number,
  stopped: Promise<boolean>,
): Promise<BeatOutcome> {
  const outcome = agent.beat(status, payload);
  console.log(`  agent     ${describeOutcome(outcome)}`);
  const isStopped = await Promise.race([delay(INTERVAL, false), stopped]);
  expect(!isStopped, "a signal ended it");
  return outcome;
}

/** Prints the beats that have arrived, and returns their number. */
function observe(observer: Observer): number {
  let count = 0;
  for (let seen; (seen = observer.receive()) !== null; count++) {
    expect(seen.kind === "beat", "the observer rejected a beat");
    const { status, pid, timestamp, nonce, payload } = seen.frame;
    const seconds = (Number(timestamp) / 1e9).toFixed(3);
    console.log(
      `  observer  nonce ${nonce}  ${
        statusName(status)
      }  payload ${payload}  pid ${pid}  ${seconds} s`,
    );
  }
  return count;
}

function expect(condition: boolean, failure: string): asserts condition {
  if (!condition) throw new Error(failure);
}
