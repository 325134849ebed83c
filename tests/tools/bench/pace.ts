/**
 * Beats at the pace of a heartbeat: one beat of one candidate, then a pause. After
 * a pause a beat costs many times as much as in a loop, because what it needs has
 * left the caches of the processor.
 *
 * @module
 */

import { Varta } from "../../../mod.ts";
import { createFlatBeat, FLAT } from "./flat.ts";
import { loadNative } from "./native.ts";
import { Pace, timed } from "./pace_times.ts";
import { Receiver } from "./receiver.ts";
import {
  type Figure,
  readRequest,
  type Result,
  type Table,
} from "./request.ts";

const { folder, library, beats, interval } = readRequest();
/** After so many beats, V8 has compiled all of a beat. */
const UNMEASURED = 5_000;
const receiver = new Receiver(
  loadNative(library),
  `${folder}/pace-${Deno.pid}`,
);
const { address: path } = receiver;

const pace = new Pace(() => receiver.drain());
pace.add("C", () => receiver.timedBeat() / 1e3);
// As many as there are agents, so that their code is run as often.
for (let i = 0; i < 4; i++) {
  const beat = createFlatBeat(path);
  pace.add(FLAT, timed((i) => beat(0, i)));
  const watchdog = receiver.watchdog();
  pace.add("ping", timed((i) => watchdog.beat(0, i)));
}
for (const version of [1, 2] as const) {
  for (const nonce of ["count", "clock"] as const) {
    const agent = Varta.connect(path, { version, nonce });
    const suffix = nonce === "clock" ? ', nonce: "clock"' : "";
    pace.add(`version ${version}${suffix}`, timed((i) => agent.beat(0, i)));
  }
}

const title = `a beat every ${interval} ms`;
const first = await measure("pace-first", `${title}, of the first hundreds`);
await pace.warmUp(UNMEASURED);
const later = await measure("pace", `${title}, after V8 has compiled it`);

const result: Result = {
  tables: [later, first],
  figures: [
    figure(later, "version 2", "C", 1.15),
    figure(later, "version 1", FLAT),
    figure(later, "version 2", FLAT),
    figure(later, "ping", "version 1"),
    figure(first, "version 1", FLAT, 1.2),
    figure(first, "version 2", FLAT, 1.4),
    figure(first, 'version 1, nonce: "clock"', "version 1", 1.03),
    figure(first, 'version 2, nonce: "clock"', "version 2", 1.03),
    figure(first, "ping", "version 1", 1.03),
    figure(first, "C", FLAT),
  ],
};
console.log(JSON.stringify(result));
Deno.exit();

async function measure(id: string, title: string): Promise<Table> {
  return { id, title, unit: "µs", rows: await pace.measure(beats, interval) };
}

function figure(
  { title, rows }: Table,
  name: string,
  base: string,
  bound?: number,
): Figure {
  const value = rows[name].p50 / rows[base].p50;
  return { name: `${title}: ${name} against ${base}`, value, bound };
}
