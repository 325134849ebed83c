/**
 * Floods an observer from processes of their own and counts: `deno task flood
 * [--rate N] [--seconds N] [--processes N]`. Every beat that was sent must be
 * received, once and in order.
 *
 * @module
 */

import { Observer } from "../../../src/observer/mod.ts";
import { TestFolder } from "../../support/observer.ts";
import { numberOption } from "../../support/option.ts";
import type { Flooded } from "./flooder.ts";

const FLOODER = import.meta.resolve("./flooder.ts");

/** What a flood counted. */
export interface FloodResult {
  sent: number;
  received: number;
  /** Beats that found the queue full, and were tried again as later ones. */
  dropped: number;
  /** Sent beats a second, from the first that came to the last. */
  rate: number;
}

/** What has come from one process. */
interface Tally {
  count: number;
  nonces: number;
  lastNonce: number;
}

/** Runs a flood, and throws where a count is not what it must be. */
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
  const said = await Promise.all(children.map((child) => child.go()));
  await untilAllHasCome(tallies, said);
  observer.close();
  await counting;
  compare(tallies, said);
  const sent = said.reduce((sum, { sent }) => sum + sent, 0);
  return {
    sent,
    received: [...tallies.values()].reduce((sum, { count }) => sum + count, 0),
    dropped: said.reduce((sum, { dropped }) => sum + dropped, 0),
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

/** What was sent last may lie in a queue still. */
async function untilAllHasCome(tallies: Map<number, Tally>, said: Flooded[]) {
  const isMissing = ({ pid, sent }: Flooded) =>
    (tallies.get(pid)?.count ?? 0) < sent;
  const deadline = performance.now() + 60_000;
  while (said.some(isMissing) && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

function compare(tallies: Map<number, Tally>, said: Flooded[]): void {
  for (const { pid, sent, nonces } of said) {
    const tally = tallies.get(pid);
    if (tally?.count !== sent || tally.nonces !== nonces) {
      throw new Error(
        `Of ${sent} beats of process ${pid}, ${tally?.count ?? 0} came`,
      );
    }
  }
  if (tallies.size !== said.length) {
    throw new Error(`Beats came from ${tallies.size} processes`);
  }
}

/** Starts a process that floods once it is told to go. */
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
    async go(): Promise<Flooded> {
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
