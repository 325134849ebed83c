/**
 * Beats for a long time and counts everything: `deno task soak [--beats N]
 * [--seed N]`.
 *
 * Both versions beat in turn, an observer restarts at random, input that cannot
 * be sent is mixed in. In the end the counts must be exact, and memory and
 * descriptors what they were.
 *
 * @module
 */

import { Status, Varta, type VlpVersion } from "../../../mod.ts";
import { TestObserver } from "../../support/observer.ts";
import { numberOption } from "../../support/option.ts";
import { openDescriptors } from "../../support/process.ts";
import { createRandom } from "../../support/random.ts";

/** What a soak counted. */
export interface SoakResult {
  seed: number;
  beats: number;
  seconds: number;
  sent: number;
  received: number;
  dropped: number;
  refused: number;
  restarts: number;
  /** Bytes that the heap and the resident set grew by, since a tenth was done. */
  heapGrowth: number;
  residentGrowth: number;
  descriptorGrowth: number;
}

const RECONNECT_AFTER = 3;
const BEATS_BETWEEN_RESTARTS = 20_000;
const INVALID = [[Status.Stall, 0], [Status.Ok, -1], [Status.Ok, 0.5]] as const;

/** An agent, and what it must come to. */
class Subject {
  readonly agent: Varta;
  readonly version: VlpVersion;
  beats = 0;
  sent = 0;
  dropped = 0;
  refused = 0;
  lastNonce = 0;

  constructor(path: string, version: VlpVersion) {
    this.version = version;
    this.agent = Varta.connect(path, {
      version,
      reconnectAfter: RECONNECT_AFTER,
    });
  }

  beat(payload: number): void {
    this.beats++;
    const { kind } = this.agent.beat(Status.Ok, payload);
    if (kind === "sent") this.sent++;
    else if (kind === "dropped") this.dropped++;
    else throw new Error(`Beat ${this.beats} failed`);
  }

  refuse(random: number): void {
    const [status, payload] = INVALID[random % INVALID.length];
    if (this.agent.beat(status, payload).kind === "failed") this.refused++;
  }
}

/** Runs a soak, and throws where a count is not what it must be. */
export function soak(beats: number, seed: number): SoakResult {
  const random = createRandom(seed);
  using observer = new TestObserver();
  const subjects = ([1, 2] as const).map((version) =>
    new Subject(observer.path, version)
  );
  const start = performance.now();
  let received = 0;
  let refusals = 0;
  let restarts = 0;
  let untilRestart = BEATS_BETWEEN_RESTARTS;
  let before = measure();

  const receive = () => {
    for (let words; (words = observer.receiveWords());) {
      const subject = subjects[(words[0] >>> 16 & 0xff) - 1];
      const nonce = words[4] + words[5] * 2 ** 32;
      if (nonce <= subject.lastNonce) throw new Error(`Nonce ${nonce} is late`);
      subject.lastNonce = nonce;
      received++;
    }
  };

  for (let beat = 0; beat < beats; beat++) {
    const subject = subjects[beat & 1];
    subject.beat(beat >>> 0);
    if ((beat & 7) === 7) receive();
    if (random() % 64 === 0) {
      subject.refuse(random());
      refusals++;
    }
    if (--untilRestart === 0) {
      receive();
      observer.restart();
      restarts++;
      untilRestart = 100 + random() % (2 * BEATS_BETWEEN_RESTARTS);
    }
    if (beat === Math.floor(beats / 10)) before = measure();
  }
  // Enough for both to find the last observer.
  for (let i = 0; i < 2 * RECONNECT_AFTER; i++) subjects[i & 1].beat(0);
  receive();
  const after = measure();

  const result: SoakResult = {
    seed,
    beats: sum(subjects, "beats"),
    seconds: Math.round((performance.now() - start) / 1e3),
    sent: sum(subjects, "sent"),
    received,
    dropped: sum(subjects, "dropped"),
    refused: sum(subjects, "refused"),
    restarts,
    heapGrowth: after.heap - before.heap,
    residentGrowth: after.resident - before.resident,
    descriptorGrowth: after.descriptors - before.descriptors,
  };
  expectEqual("received and sent", received, result.sent);
  expectEqual("refused", result.refused, refusals);
  for (const { agent, version, dropped, lastNonce, beats } of subjects) {
    const lost = restarts * (RECONNECT_AFTER - 1);
    expectEqual(`dropped in version ${version}`, dropped, lost);
    expectEqual(`last nonce in version ${version}`, lastNonce, beats);
    agent.close();
  }
  expectEqual("descriptors", result.descriptorGrowth, 0);
  return result;
}

function measure() {
  (globalThis as { gc?: () => void }).gc?.();
  const { heapUsed, rss } = Deno.memoryUsage();
  const descriptors = openDescriptors().length;
  return { heap: heapUsed, resident: rss, descriptors };
}

function sum(
  subjects: Subject[],
  count: "beats" | "sent" | "dropped" | "refused",
) {
  return subjects.reduce((total, subject) => total + subject[count], 0);
}

function expectEqual(what: string, actual: number, expected: number): void {
  if (actual !== expected) {
    throw new Error(`${what}: ${actual}, where it must be ${expected}`);
  }
}

if (import.meta.main) {
  const beats = numberOption("beats") ?? 100_000_000;
  const seed = numberOption("seed") ?? Date.now() % 2 ** 32;
  try {
    console.log(soak(beats, seed));
  } catch (error) {
    console.error(
      `${error}\nAgain: deno task soak --beats ${beats} --seed ${seed}`,
    );
    Deno.exit(1);
  }
}
