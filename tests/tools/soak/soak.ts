/**
 * Beats for a long time and counts everything: `deno task soak [--beats N]
 * [--seed N] [--flood N]`.
 *
 * Both versions beat in turn, the observer restarts at random, and some beats have
 * invalid input. At the end the counts must be exact, and no descriptor may be
 * left. Then several processes flood an observer, which must receive every beat
 * that was sent, once and in order.
 *
 * @module
 */

import { Status, Varta, type VlpVersion } from "../../../mod.ts";
import { Observer } from "../../../src/observer/mod.ts";
import { TestObserver } from "../../support/observer.ts";
import { numberOption } from "../../support/option.ts";
import { openDescriptors, resultOf } from "../../support/process.ts";
import { createRandom } from "../../support/random.ts";
import { until } from "../../support/until.ts";

const RECONNECT_AFTER = 3;
const BEATS_BETWEEN_RESTARTS = 20_000;
const FLOODERS = 4;
/** Sent beats a second, of all processes together. */
const FLOOD_RATE = 100_000;
const INVALID = [[Status.Stall, 0], [Status.Ok, -1], [Status.Ok, 0.5]] as const;

/** What a soak has counted. */
export interface SoakResult {
  seconds: number;
  beats: number;
  sent: number;
  received: number;
  dropped: number;
  invalid: number;
  restarts: number;
  /** By how many bytes the heap and the resident set grew after the first tenth. */
  heapGrowth: number;
  residentGrowth: number;
}

/** An agent, and the counts of its beats. */
class CountedAgent {
  readonly version: VlpVersion;
  readonly agent: Varta;
  readonly counts = { sent: 0, dropped: 0, failed: 0 };
  /** The last nonce that the observer has received. */
  lastNonce = 0;

  constructor(path: string, version: VlpVersion) {
    const reconnectAfter = RECONNECT_AFTER;
    this.version = version;
    this.agent = Varta.connect(path, { version, reconnectAfter });
  }

  beat(status: Status, payload: number): void {
    this.counts[this.agent.beat(status, payload).kind]++;
  }
}

/**
 * Runs a soak.
 *
 * @throws {Error} If a count is wrong. The message says how to run it again.
 */
export function soak(beats: number, seed: number): SoakResult {
  try {
    return run(beats, seed);
  } catch (cause) {
    const command = `deno task soak --beats ${beats} --seed ${seed}`;
    throw new Error(`${cause}; run it again: ${command}`, { cause });
  }
}

function run(beats: number, seed: number): SoakResult {
  const random = createRandom(seed);
  using observer = new TestObserver();
  const agents = ([1, 2] as const).map((version) =>
    new CountedAgent(observer.path, version)
  );
  const invalid = [0, 0];
  let received = 0;
  let restarts = 0;
  let untilRestart = BEATS_BETWEEN_RESTARTS;

  const receive = () => {
    for (let words; (words = observer.receiveWords());) {
      const agent = agents[(words[0] >>> 16 & 0xff) - 1];
      const nonce = words[4] + words[5] * 2 ** 32;
      if (nonce <= agent.lastNonce) throw new Error(`Nonce ${nonce} is late`);
      agent.lastNonce = nonce;
      received++;
    }
  };

  const start = performance.now();
  let before = measure();
  for (let beat = 0; beat < beats; beat++) {
    const i = beat & 1;
    agents[i].beat(Status.Ok, beat >>> 0);
    if ((beat & 7) === 7) receive();
    if (random() % 64 === 0) {
      const [status, payload] = INVALID[random() % INVALID.length];
      agents[i].beat(status, payload);
      invalid[i]++;
    }
    if (--untilRestart === 0) {
      receive();
      observer.restart();
      restarts++;
      untilRestart = 100 + random() % (2 * BEATS_BETWEEN_RESTARTS);
    }
    if (beat === Math.floor(beats / 10)) before = measure();
  }
  // Enough for both agents to find the last observer.
  for (let i = 0; i < 2 * RECONNECT_AFTER; i++) {
    agents[i & 1].beat(Status.Ok, 0);
  }
  receive();
  const after = measure();

  const total = { sent: 0, dropped: 0, failed: 0 };
  for (const [i, { agent, version, counts, lastNonce }] of agents.entries()) {
    const { sent, dropped, failed } = counts;
    const check = (what: string, actual: number, expected: number) =>
      checkEqual(`${what} in version ${version}`, actual, expected);
    check("dropped", dropped, restarts * (RECONNECT_AFTER - 1));
    check("reconnects", agent.reconnects, restarts);
    check("failed", failed, invalid[i]);
    check("last nonce", lastNonce, sent + dropped);
    total.sent += sent;
    total.dropped += dropped;
    total.failed += failed;
    agent.close();
  }
  checkEqual("received", received, total.sent);
  checkEqual("beats", total.sent + total.dropped, beats + 2 * RECONNECT_AFTER);
  checkEqual("descriptors", after.descriptors, before.descriptors);
  return {
    seconds: Math.round((performance.now() - start) / 1e3),
    beats: total.sent + total.dropped,
    sent: total.sent,
    received,
    dropped: total.dropped,
    invalid: total.failed,
    restarts,
    heapGrowth: after.heap - before.heap,
    residentGrowth: after.resident - before.resident,
  };
}

function measure() {
  (globalThis as { gc?: () => void }).gc?.();
  const { heapUsed, rss } = Deno.memoryUsage();
  const descriptors = openDescriptors().length;
  return { heap: heapUsed, resident: rss, descriptors };
}

function checkEqual<T>(what: string, actual: T, expected: T): void {
  if (actual !== expected) {
    throw new Error(`${what}: ${actual} instead of ${expected}`);
  }
}

/**
 * Floods an observer with beats of several processes.
 *
 * @returns How many beats were received, and how many more were dropped before.
 * @throws {Error} If a beat is lost, or comes twice, or too early.
 */
export async function flood(
  beats: number,
): Promise<{ received: number; dropped: number }> {
  using target = new TestObserver();
  target.stop();
  using observer = Observer.bind(target.path);
  const next = new Map<number, number>();
  const counting = (async () => {
    for await (const observation of observer) {
      if (observation.kind === "rejected") throw new Error(observation.reason);
      const { pid, payload } = observation.frame;
      checkEqual(`payload of ${pid}`, Number(payload), next.get(pid) ?? 0);
      next.set(pid, Number(payload) + 1);
    }
  })();
  const each = beats / FLOODERS;
  const dropped = await Promise.all(
    Array.from({ length: FLOODERS }, () =>
      resultOf<number>(
        import.meta.resolve("./flooder.ts"),
        [target.path, `${each}`, `${FLOOD_RATE / FLOODERS}`],
        ["--allow-ffi"],
      )),
  );
  const sum = (counts: Iterable<number>) =>
    [...counts].reduce((sum, count) => sum + count, 0);
  await until("all is received", () => sum(next.values()) >= FLOODERS * each);
  observer.close();
  await counting;
  checkEqual("processes", next.size, FLOODERS);
  return { received: sum(next.values()), dropped: sum(dropped) };
}

if (import.meta.main) {
  const beats = numberOption("beats") ?? 100_000_000;
  const seed = numberOption("seed") ?? Date.now() % 2 ** 32;
  const flooded = numberOption("flood") ?? 1_000_000;
  const result = soak(beats, seed);
  console.log(
    JSON.stringify({ ...result, flood: await flood(flooded) }, null, 2),
  );
}
