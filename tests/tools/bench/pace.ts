/**
 * Beats at the pace of a heartbeat: one beat of one candidate, then a pause. After
 * a pause a beat costs ten times as much as in a loop, because what it needs has
 * left the caches of the processor.
 *
 * @module
 */

import type { ConnectOptions, Varta as Agent } from "../../../mod.ts";
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

const { folder, library, beats, interval, against } = readRequest();
// After 5,000 beats, for 200 that are measured, V8 has compiled all of a beat.
const unmeasured = 25 * beats;
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
await addAgents(new URL("../../../", import.meta.url).pathname, "");
if (against) await addAgents(`${against}/`, "the other tree, ");

const first = await measure("pace", `a beat every ${interval} ms`);
await pace.warmUp(unmeasured);
const later = await measure(
  "pace-later",
  `the same after ${unmeasured} beats of each`,
);

const result: Result = {
  tables: [first, later],
  figures: [
    figure("version 1", FLAT, 1.2),
    figure("version 2", FLAT, 1.4),
    figure('version 1, nonce: "clock"', "version 1", 1.03),
    figure('version 2, nonce: "clock"', "version 2", 1.03),
    figure("ping", "version 1", 1.03),
    figure("C", FLAT),
    ...against
      ? [
        figure("version 1", "the other tree, version 1"),
        figure("version 2", "the other tree, version 2"),
      ]
      : [],
    figure("version 1", FLAT, undefined, later),
    figure("version 2", FLAT, undefined, later),
    figure("ping", "version 1", undefined, later),
  ],
};
console.log(JSON.stringify(result));
Deno.exit();

async function addAgents(tree: string, prefix: string): Promise<void> {
  const { Varta } = await import(`${tree}mod.ts`) as { Varta: typeof Agent };
  const add = (name: string, options: ConnectOptions) => {
    const agent = Varta.connect(path, options);
    pace.add(prefix + name, timed((i) => agent.beat(0, i)));
  };
  add("version 1", { version: 1 });
  add("version 2", { version: 2 });
  add('version 1, nonce: "clock"', { version: 1, nonce: "clock" });
  add('version 2, nonce: "clock"', { version: 2, nonce: "clock" });
}

async function measure(id: string, title: string): Promise<Table> {
  return { id, title, unit: "µs", rows: await pace.measure(beats, interval) };
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
