/**
 * Floods an observer with beats of several processes: `deno task flood [--rate N]
 * [--seconds N] [--processes N]`. Every beat that was sent must be received, once
 * and in order.
 *
 * @module
 */

import { Observer } from "../../../src/observer/mod.ts";
import { numberOption } from "../../support/option.ts";
import { TestFolder } from "../../support/test_folder.ts";
import { until } from "../../support/until.ts";
import type { FlooderResult } from "./flooder.ts";

const FLOODER = import.meta.resolve("./flooder.ts");

/** The counts of a flood. */
export interface FloodResult {
  sent: number;
  received: number;
  /** Beats that were dropped because the queue was full; others were sent later. */
  dropped: number;
  /** Sent beats a second, from the first that was received to the last. */
  rate: number;
}

/** What was received from one process. */
interface Tally {
  count: number;
  nonces: number;
  lastNonce: number;
}

/** Runs a flood; throws if a count is wrong. */
export async function flood(
  processes: number,
  rate: number,
  seconds: number,
): Promise<FloodResult> {
  using folder = new TestFolder();
  const path = folder.file("socket");
  using observer = Observer.bind(path);
  const tallies = new Map<number, Tally>();
  const args = [path, String(rate / processes), String(seconds)];
  const children = await Promise.all(
    Array.from({ length: processes }, () => start(args)),
  );
  let first = 0;
  let last = 0;
  const counting = (async () => {
    for await (const observation of observer) {
      if (observation.kind === "rejected") throw new Error(observation.reason);
      last = performance.now();
      first ||= last;
      count(tallies, observation.frame.pid, Number(observation.frame.nonce));
    }
  })();
  const results = await Promise.all(children.map((child) => child.flood()));
  const isReceived = ({ pid, sent }: FlooderResult) =>
    (tallies.get(pid)?.count ?? 0) >= sent;
  await until("all beats are received", () => results.every(isReceived));
  observer.close();
  await counting;
  compare(tallies, results);
  const sent = results.reduce((sum, { sent }) => sum + sent, 0);
  return {
    sent,
    received: [...tallies.values()].reduce((sum, { count }) => sum + count, 0),
    dropped: results.reduce((sum, { dropped }) => sum + dropped, 0),
    rate: Math.round(sent / (last - first) * 1e3),
  };
}

function count(
  tallies: Map<number, Tally>,
  pid: number,
  nonce: number,
): void {
  let tally = tallies.get(pid);
  if (tally === undefined) {
    tally = { count: 0, nonces: 0, lastNonce: 0 };
    tallies.set(pid, tally);
  }
  if (nonce <= tally.lastNonce) throw new Error(`Nonce ${nonce} is late`);
  tally.lastNonce = nonce;
  tally.nonces += nonce;
  tally.count++;
}

function compare(
  tallies: Map<number, Tally>,
  results: FlooderResult[],
): void {
  for (const { pid, sent, nonces } of results) {
    const tally = tallies.get(pid);
    if (tally?.count !== sent || tally.nonces !== nonces) {
      throw new Error(
        `Of ${sent} beats of process ${pid}, ${tally?.count} were received`,
      );
    }
  }
  if (tallies.size !== results.length) {
    throw new Error(`Beats of ${tallies.size} processes were received`);
  }
}

/** Starts a process that floods when it is told to. */
async function start(args: string[]) {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "--no-config", "--allow-ffi", FLOODER, ...args],
    env: { NO_COLOR: "1" },
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const output = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  await output.read(); // "ready"
  return {
    async flood(): Promise<FlooderResult> {
      const input = child.stdin.getWriter();
      await input.write(new Uint8Array(1));
      let text = "";
      for (let part; !(part = await output.read()).done;) text += part.value;
      await input.close().catch(() => {});
      const { success } = await child.status;
      if (!success) throw new Error("A flooder failed");
      return JSON.parse(text);
    },
  };
}

if (import.meta.main) {
  const processes = numberOption("processes") ?? 4;
  const rate = numberOption("rate") ?? 100_000;
  const seconds = numberOption("seconds") ?? 10;
  console.log(await flood(processes, rate, seconds));
}
