import type { BeatOutcome } from "../agent/outcome.ts";
import { Observer } from "../observer/observer.ts";
import { Status } from "../frame/status.ts";
import { Varta } from "../agent/varta.ts";
import type { Command } from "./command.ts";
import { complain } from "./complain.ts";
import { describeOutcome } from "./describe_outcome.ts";
import { ExitCode } from "./exit_code.ts";
import { pause } from "./pause.ts";
import { statusName } from "./status_name.ts";
import { StopSignal } from "./stop_signal.ts";

const PATH = `/tmp/varta-demo-${Deno.pid}.sock`;
const INTERVAL = 250; // ms
const RECONNECT_AFTER = 3;

/** `demo`: the module's main job, shown and checked. */
export const demoCommand: Command = {
  name: "demo",
  summary:
    "Show beats, an observer's death and the way back, in three seconds.",
  positionals: [],
  options: {},
  details: `\
Exit codes:
  0  all of it happened
  2  the command line is wrong
  3  some of it did not happen; stderr says what`,
  example: "demo",
  run: demo,
};

async function demo(): Promise<number> {
  using stop = new StopSignal();
  try {
    await demonstrate(stop.signal);
    console.log("\nAll of it happened as it should.");
    return ExitCode.Done;
  } catch (error) {
    complain(`\nThe demo failed: ${(error as Error).message}`);
    return ExitCode.Failed;
  }
}

async function demonstrate(stop: AbortSignal): Promise<void> {
  console.log(`An observer receives at ${PATH}, and an agent beats to it.`);
  using first = Observer.bind(PATH);
  using agent = Varta.connect(PATH, { reconnectAfter: RECONNECT_AFTER });
  const statuses = [Status.Ok, Status.Ok, Status.Degraded, Status.Ok];
  for (const [payload, status] of statuses.entries()) {
    const { kind } = await beat(agent, status, payload, stop);
    expect(kind === "sent", "the sending of a beat");
    expect(observe(first) === 1, "the arrival of a beat");
  }

  console.log("\nThe observer dies: beats are dropped, and never throw.");
  first.close();
  for (let i = 0; i < RECONNECT_AFTER + 1; i++) {
    const { kind } = await beat(agent, Status.Ok, i, stop);
    expect(kind === "dropped", "the drop of a beat");
  }

  console.log("\nThe observer is back: the next beat reconnects.");
  using second = Observer.bind(PATH);
  for (const payload of [100, 101, 102]) {
    const { kind } = await beat(agent, Status.Ok, payload, stop);
    expect(kind === "sent", "the reconnect");
    expect(observe(second) === 1, "the arrival of a beat behind it");
  }
}

/** One beat and a pause, its outcome printed and returned. */
async function beat(
  agent: Varta,
  status: Status,
  payload: number,
  stop: AbortSignal,
): Promise<BeatOutcome> {
  const outcome = agent.beat(status, payload);
  console.log(`  agent     ${describeOutcome(outcome)}`);
  await pause(INTERVAL, stop);
  expect(!stop.aborted, "the rest, since a signal ended it,");
  return outcome;
}

/** Prints the beats that have come, and counts them. */
function observe(observer: Observer): number {
  let count = 0;
  for (let seen; (seen = observer.receive()) !== null;) {
    expect(seen.kind === "beat", "the reading of a beat");
    const { status, pid, timestamp, nonce, payload } = seen.frame;
    const seconds = (Number(timestamp) / 1e9).toFixed(3);
    console.log(
      `  observer  nonce ${nonce}  ${
        statusName(status)
      }  payload ${payload}  pid ${pid}  ${seconds} s`,
    );
    count++;
  }
  return count;
}

function expect(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(`${what} did not happen`);
}
