/**
 * Beats at the pace of a heartbeat: one beat of one candidate, then a pause. After
 * a pause a beat costs ten times as much as in a loop, because what it needs has
 * left the caches of the processor.
 *
 * The times are net of the clock: a candidate that does nothing is subtracted.
 *
 * @module
 */

import { setTimeout as delay } from "node:timers/promises";
import type { ConnectOptions, Varta as Agent } from "../../../mod.ts";
import { createFlatBeat } from "./flat.ts";
import { loadNative } from "./native.ts";
import { Receiver } from "./receiver.ts";
import {
  type Figure,
  quantilesOf,
  readRequest,
  type Result,
  type Table,
} from "./request.ts";

const FLAT = "one flat function";
const NOTHING = "nothing";

/** One beat. Returns how many microseconds it took. */
type TimedBeat = (i: number) => number | Promise<number>;

const { folder, library, beats, interval, against } = readRequest();
// After 5,000 beats, for 200 that are measured, V8 has compiled all of a beat.
const unmeasured = 25 * beats;
const receiver = new Receiver(
  loadNative(library),
  `${folder}/pace-${Deno.pid}`,
);
const { address: path } = receiver;

const candidates: [name: string, TimedBeat][] = [
  // As many as there are agents, so that V8 has seen their code as often.
  ...Array.from({ length: 4 }, (): [string, TimedBeat] => {
    const beat = createFlatBeat(path);
    return [FLAT, timed((i) => beat(0, i))];
  }),
  ...await agentsOf(new URL("../../../", import.meta.url).pathname, ""),
  ...against ? await agentsOf(`${against}/`, "the other tree, ") : [],
  ["C", () => receiver.timedBeat() / 1e3],
  ["Deno.listenDatagram(), send() only", sendByDeno()],
  [NOTHING, timed(() => 0)],
];

const first = await measure(`a beat every ${interval} ms`);
for (let i = 0; i < unmeasured; i++) {
  for (const [, beat] of candidates) {
    await beat(i);
    receiver.drain();
  }
}
const later = await measure(`the same after ${unmeasured} beats of each`);

const result: Result = {
  tables: [first, later],
  figures: [
    figure("version 1", FLAT, 1.2),
    figure("version 2", FLAT, 1.4),
    figure('version 1, nonce: "clock"', "version 1", 1.03),
    figure('version 2, nonce: "clock"', "version 2", 1.03),
    figure("C", FLAT),
    ...against
      ? [
        figure("version 1", "the other tree, version 1"),
        figure("version 2", "the other tree, version 2"),
      ]
      : [],
    figure("version 1", FLAT, undefined, later),
    figure("version 2", FLAT, undefined, later),
  ],
};
console.log(JSON.stringify(result));
Deno.exit();

async function agentsOf(
  tree: string,
  prefix: string,
): Promise<[string, TimedBeat][]> {
  const { Varta } = await import(`${tree}mod.ts`) as { Varta: typeof Agent };
  const create = (
    name: string,
    options: ConnectOptions,
  ): [string, TimedBeat] => {
    const agent = Varta.connect(path, options);
    return [prefix + name, timed((i) => agent.beat(0, i))];
  };
  return [
    create("version 1", { version: 1 }),
    create("version 2", { version: 2 }),
    create('version 1, nonce: "clock"', { version: 1, nonce: "clock" }),
    create('version 2, nonce: "clock"', { version: 2, nonce: "clock" }),
  ];
}

function timed(beat: (i: number) => unknown): TimedBeat {
  return (i) => {
    const start = performance.now();
    beat(i);
    return (performance.now() - start) * 1e3;
  };
}

/** Deno's own way to send a datagram to a Unix socket. */
function sendByDeno(): TimedBeat {
  const transport = "unixpacket";
  // The types of Deno do not know yet that the path can be left out.
  const socket = Deno.listenDatagram(
    { transport } as Deno.UnixListenOptions & {
      transport: "unixpacket";
    },
  );
  const frame = new Uint8Array(32);
  return async () => {
    const start = performance.now();
    await socket.send(frame, { transport, path });
    return (performance.now() - start) * 1e3;
  };
}

/** Measures the candidates in random order, round by round. */
async function measure(title: string): Promise<Table> {
  const warmUp = Math.ceil(beats / 10);
  const times: Record<string, number[]> = {};
  for (let round = 0; round < warmUp + beats; round++) {
    for (const [name, beat] of shuffled(candidates)) {
      await delay(interval);
      const time = await beat(round);
      receiver.drain();
      if (round >= warmUp) (times[name] ??= []).push(time);
    }
  }
  const clock = quantilesOf(times[NOTHING]).p50;
  const rows: Table["rows"] = {};
  for (const name of new Set(candidates.map(([name]) => name))) {
    if (name === NOTHING) continue;
    const overhead = name === "C" ? 0 : clock;
    rows[name] = quantilesOf(times[name].map((time) => time - overhead));
  }
  return { title, unit: "µs", rows };
}

function shuffled<T>(values: T[]): T[] {
  return values.map((value) => ({ value, order: Math.random() }))
    .sort((a, b) => a.order - b.order).map(({ value }) => value);
}

function figure(
  name: string,
  base: string,
  bound?: number,
  { title, rows }: Table = first,
): Figure {
  const value = rows[name].p50 / rows[base].p50;
  return { name: `${title}, ${name} against ${base}`, value, bound };
}
