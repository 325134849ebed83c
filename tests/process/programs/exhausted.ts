// Prints what happens to an agent while this process has no descriptor left, in
// the situation that the first argument names. The second argument is the number
// of beats.

import type { SystemError } from "../../../ffi/failure.ts";
import { Status, Varta } from "../../../mod.ts";
import { withoutDescriptors } from "../../support/exhaustion.ts";
import { TestObserver } from "../../support/observer.ts";
import { count, type Counts, describeOutcome } from "../../support/outcomes.ts";
import { openDescriptors } from "../../support/process.ts";

const [situation, beats] = Deno.args;

/** Sends the beats, and counts their outcomes. */
function beat(agent: Varta): Counts {
  const outcomes: Counts = {};
  for (let i = 0; i < Number(beats); i++) {
    count(outcomes, describeOutcome(agent.beat(Status.Ok)));
  }
  return outcomes;
}

/** Beats until the observer's queue is full; returns how many beats that took. */
function fillQueue(agent: Varta): number {
  let sent = 0;
  while (agent.beat(Status.Ok).kind === "sent") sent++;
  return sent;
}

function tryReconnect(agent: Varta): string {
  try {
    agent.reconnect();
    return "reconnected";
  } catch (error) {
    const { code, syscall } = error as SystemError;
    return `${code} from ${syscall}`;
  }
}

/** Beats once. Returns the outcome, and whether the observer received it last. */
function deliver(agent: Varta, observer: TestObserver): [string, boolean] {
  const outcome = describeOutcome(agent.beat(Status.Critical, 7));
  return [outcome, observer.receiveAll().at(-1)?.payload === 7n];
}

const situations: Record<string, (observer: TestObserver) => unknown> = {
  receiving(observer) {
    using agent = Varta.connect(observer.path, { reconnectAfter: 1 });
    const results: Counts = {};
    let received = 0;
    withoutDescriptors(() => {
      for (let i = 0; i < Number(beats); i++) {
        count(results, tryReconnect(agent));
        count(results, describeOutcome(agent.beat(Status.Ok)));
        received += observer.receiveAll().length;
      }
    });
    count(results, tryReconnect(agent));
    return { results, received, next: deliver(agent, observer) };
  },

  restarted(observer) {
    using agent = Varta.connect(observer.path, { reconnectAfter: 3 });
    observer.restart();
    const outcomes = withoutDescriptors(() => beat(agent));
    return { outcomes, next: deliver(agent, observer) };
  },

  full(observer) {
    using agent = Varta.connect(observer.path, { reconnectAfter: 1 });
    const sent = fillQueue(agent);
    const without = withoutDescriptors(() => {
      const outcomes = beat(agent);
      const reconnect = tryReconnect(agent);
      const isRead = observer.receiveAll().length === sent;
      // There is room now, and the old socket is still connected.
      const next = deliver(agent, observer);
      return { outcomes, reconnect, isRead, next };
    });
    fillQueue(agent);
    // With a descriptor each drop reconnects, which does not empty the queue.
    const outcomes = beat(agent);
    observer.receiveAll();
    return { ...without, after: [outcomes, deliver(agent, observer)] };
  },

  replaced(observer) {
    using agent = Varta.connect(observer.path, { reconnectAfter: 1 });
    fillQueue(agent);
    // The observer that hangs keeps its socket, but another takes its path.
    observer.removeFile();
    using other = new TestObserver(observer.path);
    const outcomes = withoutDescriptors(() => beat(agent));
    return { outcomes, next: deliver(agent, other) };
  },
};

const before = openDescriptors().length;
const observer = new TestObserver();
const result = situations[situation](observer);
observer[Symbol.dispose]();
const leaked = openDescriptors().length - before;
console.log(JSON.stringify({ result, leaked }));
