// Prints how many sockets are left after each function that opens or closes one was
// called near the end of the stack. The argument is the observer's path.

import { Status, Varta } from "../../../mod.ts";
import { Observer } from "../../../src/observer/mod.ts";
import { notify, SystemdWatchdog } from "../../../src/systemd/mod.ts";
import { collectGarbage } from "../../support/exhaustion.ts";
import { TestObserver } from "../../support/observer.ts";
import { countDatagramSockets } from "../../support/datagram_sockets.ts";

/** What this program prints for each method. */
export interface StackResult {
  /** Whether calls ended with a RangeError, and whether others did not. */
  hasOverflows: boolean;
  hasReturns: boolean;
  /** The sockets left when everything is closed or collected. */
  sockets: number;
}

/** The number of calls in a row, on the way back from the end of the stack. */
const CALLS = 300;

const [path] = Deno.args;

/** Calls `action` at the end of the stack and at each level before it. */
function callNearEnd(
  action: () => void,
  padding: number,
  result: StackResult,
): void {
  let calls = 0;
  // More arguments make larger frames, so that the levels are elsewhere.
  const recurse = (...args: number[]): void => {
    try {
      recurse(...args);
    } catch {
      // The end of the stack.
    }
    if (calls++ >= CALLS) return;
    try {
      action();
      result.hasReturns = true;
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      result.hasOverflows = true;
    }
  };
  recurse(...Array(padding).fill(0));
}

async function measure(
  begin: () => { action: () => void; end: () => void },
): Promise<StackResult> {
  const result = { hasOverflows: false, hasReturns: false, sockets: 0 };
  const before = countDatagramSockets();
  for (let padding = 0; padding < 16; padding++) {
    const { action, end } = begin();
    callNearEnd(action, padding, result);
    end();
  }
  const deadline = Date.now() + 5_000;
  await collectGarbage(() => {
    result.sockets = countDatagramSockets() - before;
    return result.sockets === 0 || Date.now() > deadline;
  });
  return result;
}

using manager = new TestObserver();
Deno.env.set("WATCHDOG_USEC", "1000000");
Deno.env.set("NOTIFY_SOCKET", manager.path);
// Its socket stays open.
notify({ ready: true });
let serial = 0;

const results = {
  connect: await measure(() => ({
    action: () => Varta.connect(path).close(),
    end: () => {},
  })),
  reconnect: await measure(() => {
    const agent = Varta.connect(path);
    return { action: () => agent.reconnect(), end: () => agent.close() };
  }),
  close: await measure(() => {
    const agents = Array.from({ length: CALLS }, () => Varta.connect(path));
    let next = 0;
    return {
      action: () => agents[next++].close(),
      end: () => agents.forEach((agent) => agent.close()),
    };
  }),
  lazy: await measure(() => {
    const link = `${path}.link`;
    const connect = () => Varta.connect(link, { lazy: true });
    const agents = Array.from({ length: CALLS }, connect);
    Deno.symlinkSync(path, link);
    let next = 0;
    return {
      action: () => void agents[next++].beat(Status.Ok),
      end() {
        agents.forEach((agent) => agent.close());
        Deno.removeSync(link);
      },
    };
  }),
  bind: await measure(() => ({
    action: () => Observer.bind(`${path}.${serial++}`).close(),
    end: () => {},
  })),
  "close an observer": await measure(() => {
    const observers = Array.from(
      { length: CALLS },
      () => Observer.bind(`${path}.${serial++}`),
    );
    let next = 0;
    return {
      action: () => observers[next++].close(),
      end: () => observers.forEach((observer) => observer.close()),
    };
  }),
  watchdog: await measure(() => ({
    action: () => SystemdWatchdog.connect()!.close(),
    end: () => {},
  })),
  notify: await measure(() => ({
    action() {
      // Another name makes it open another socket.
      const prefix = serial++ % 2 === 0 ? "/." : "";
      Deno.env.set("NOTIFY_SOCKET", prefix + manager.path);
      try {
        notify({ ready: true });
      } finally {
        manager.receiveWords();
      }
    },
    end: () => {},
  })),
};
console.log(JSON.stringify(results));
