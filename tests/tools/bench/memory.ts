/**
 * Measures the memory of beats and agents, and the system calls of a beat and of a
 * ping.
 *
 * @module
 */

import { Status, Varta } from "../../../mod.ts";
import { TestObserver } from "../../support/observer.ts";
import { runProgram } from "../../support/process.ts";
import { traceBeats, traceProgram } from "../../support/system_calls.ts";
import { type Figure, readRequest } from "./request.ts";

const BEATS = 1_000_000;
const AGENTS = 5_000;
// Not a literal below: V8 allocates a bigint for each minus sign.
const MINUS_ONE = -1n;
const gc = (globalThis as { gc?: () => void }).gc!;

/** Kinds of beats; one process sends only one kind. */
const kinds: Record<
  string,
  (agent: Varta, i: number, observer: TestObserver) => void
> = {
  "sent, a number": (agent, i, observer) => {
    agent.beat(Status.Ok, i);
    observer.receiveWords();
  },
  "sent, a bigint": (agent, _, observer) => {
    agent.beat(Status.Ok, 7n);
    observer.receiveWords();
  },
  "dropped": (agent, i) => agent.beat(Status.Ok, i),
  "invalid": (agent, i) => agent.beat(Status.Ok, i % 2 === 0 ? -1 : MINUS_ONE),
  "closed": (agent) => {
    agent.close();
    agent.beat(Status.Ok);
  },
  "dropped, each tries to reconnect": (agent, _, observer) => {
    observer.stop();
    agent.setReconnectAfter(1);
    agent.beat(Status.Ok);
  },
};

const [request, kind] = Deno.args;
const { folder } = readRequest();
if (kind === undefined) {
  const figures = [
    ...await measureSystemCalls(),
    ...await measureAgents(),
  ];
  for (const kind of Object.keys(kinds)) {
    figures.push(...await measureBeats(kind));
  }
  console.log(JSON.stringify({ figures }));
} else if (kind === "agents") {
  console.log(JSON.stringify(useAgents()));
} else {
  console.log("growth", useBeats(kinds[kind]));
}
Deno.exit();

async function measureSystemCalls(): Promise<Figure[]> {
  const count = 1_000;
  const pings = import.meta.resolve("../../systemd/programs/trace_pings.ts");
  const traces = {
    beat: await traceBeats(`${folder}/traced`, count),
    ping: await traceProgram(pings, [String(count)]),
  };
  return Object.entries(traces).flatMap(([kind, calls]) => {
    // V8 wakes its own threads now and then.
    const own = calls?.filter((call) => !call.startsWith("futex("));
    return own === undefined ? [] : [{
      name: `system calls in a ${kind}`,
      value: own.length / count,
      bound: 1,
    }];
  });
}

async function measureBeats(kind: string): Promise<Figure[]> {
  const { stdout, stderr } = await runProgram(
    import.meta.url,
    [request, kind],
    ["--allow-all", "--v8-flags=--expose-gc,--trace-gc"],
  );
  const growth = /growth (-?\d+)/.exec(stdout);
  if (growth === null) throw new Error(stderr);
  return [{
    name: `bytes of the heap in a beat: ${kind}`,
    value: Math.max(0, Math.round(Number(growth[1]) / BEATS)),
    bound: 0,
  }, {
    name: `garbage collections in 10^6 beats: ${kind}`,
    value: countCollections(stdout),
    bound: 0,
  }];
}

/**
 * Returns how many garbage collections V8 printed between the last two calls of
 * `gc()`, for which it prints "testing".
 */
function countCollections(stdout: string): number {
  const lines = stdout.split("\n").filter((line) =>
    /Scavenge|Mark-Compact/.test(line)
  );
  const marks = lines.flatMap((line, i) => line.includes("testing") ? [i] : []);
  if (marks.length !== 2) {
    throw new Error(`gc() was called ${marks.length} times`);
  }
  return marks[1] - marks[0] - 1;
}

/** Sends beats of one kind in both versions. Returns by how much the heap grew. */
function useBeats(beat: typeof kinds[string]): number {
  const observer = new TestObserver();
  const agents = ([1, 2] as const).map((version) =>
    Varta.connect(observer.path, { version })
  );
  const run = (count: number) => {
    for (let i = 0; i < count; i++) beat(agents[i & 1], i, observer);
  };
  run(BEATS / 10);
  gc();
  const before = Deno.memoryUsage().heapUsed;
  run(BEATS);
  const after = Deno.memoryUsage().heapUsed;
  gc();
  observer[Symbol.dispose]();
  return after - before;
}

async function measureAgents(): Promise<Figure[]> {
  const { stdout } = await runProgram(
    import.meta.url,
    [request, "agents"],
    ["--allow-all", "--v8-flags=--expose-gc"],
  );
  const { heap, resident } = JSON.parse(stdout);
  return [
    { name: "memory of an agent: heap", value: heap, bound: 2048, unit: " B" },
    {
      name: "memory of an agent: resident set",
      value: resident,
      bound: 2048,
      unit: " B",
    },
  ];
}

/** Returns the memory that an agent takes which has sent a beat. */
function useAgents(): { heap: number; resident: number } {
  using observer = new TestObserver();
  const measure = () => {
    for (let i = 0; i < 5; i++) gc();
    const { heapUsed, external, rss } = Deno.memoryUsage();
    return { heap: heapUsed + external, rss };
  };
  const create = () =>
    Array.from({ length: AGENTS }, () => {
      const agent = Varta.connect(observer.path);
      agent.beat(Status.Ok);
      return agent;
    });
  // The first agents pay for what the heap keeps in reserve.
  const first = create();
  const before = measure();
  const second = create();
  const after = measure();
  for (const agent of [...first, ...second]) agent.close();
  return {
    heap: (after.heap - before.heap) / AGENTS,
    resident: (after.rss - before.rss) / AGENTS,
  };
}
