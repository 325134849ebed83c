/**
 * Compares the beats of this tree with those of another tree:
 *
 *     deno task bench --only against,startup --against FOLDER --beats 50 --interval 10
 *
 * At the pace of a heartbeat, each tree has a process of its own, because what a
 * process loads second is slower there by a fifth. Both run at the same time. One
 * process can differ from its twin by a fifth too, so there are many. In a loop,
 * one process measures both in turn. If FOLDER is this tree, the figures show by
 * how much equal trees differ.
 *
 * @module
 */

import type { Varta } from "../../../mod.ts";
import { resultOf } from "../../support/process.ts";
import { measureLoop } from "./loop_times.ts";
import { loadNative } from "./native.ts";
import { Pace, timed } from "./pace_times.ts";
import { Receiver, UNITS } from "./receiver.ts";
import { readRequest, type Table } from "./request.ts";

const [request, copy] = Deno.args;
const { folder, library, beats, interval, rounds, against } = readRequest();
const receiver = new Receiver(
  loadNative(library),
  `${folder}/against-${Deno.pid}`,
);
const versions = [1, 2] as const;

if (copy === undefined) {
  console.log(JSON.stringify(await compare()));
} else {
  console.log(JSON.stringify(await measurePace()));
}
Deno.exit();

async function compare() {
  if (against === undefined) throw new Error("Cannot compare: use --against");
  const here = new URL("../../../", import.meta.url).pathname;
  // Of both, so that neither is the tree that the benchmark itself has loaded.
  const copies = [copyTree(here), copyTree(`${against}/`)];
  const [own, other] = await Promise.all(
    copies.map((copy) =>
      resultOf<Record<string, number>>(
        import.meta.url,
        [request, copy],
        ["--allow-all"],
      )
    ),
  );
  const figures = Object.keys(own).map((name) => ({
    name: `${name}, against the other tree`,
    value: own[name] / other[name],
  }));
  const names = ["this tree", "the other tree"];
  const agents = await Promise.all(copies.map(connectAll));
  const tables: Table[] = [];
  for (const version of versions) {
    const title = `in a loop, version ${version}`;
    const candidates = names.map((name, i) =>
      receiver.agent(name, agents[i][version])
    );
    const id = `against-${version}`;
    const table = await measureLoop(id, title, candidates, rounds, UNITS);
    const [value, base] = names.map((name) => table.rows[name].p50);
    tables.push(table);
    figures.push({
      name: `${title}, against the other tree`,
      value: value / base,
    });
  }
  return { tables, figures };
}

/** Copies the module of a tree. Returns the folder of the copy. */
function copyTree(tree: string): string {
  const copy = Deno.makeTempDirSync({ dir: folder });
  const parts = ["mod.ts", "src", "ffi"].map((name) => tree + name);
  new Deno.Command("cp", { args: ["-r", ...parts, copy] }).outputSync();
  return copy;
}

async function connectAll(tree: string): Promise<Record<number, Varta>> {
  const module: { Varta: typeof Varta } = await import(`${tree}/mod.ts`);
  return Object.fromEntries(
    versions.map((version) => [
      version,
      module.Varta.connect(receiver.address, { version }),
    ]),
  );
}

/** Returns the p50 of a beat in each version, before and after V8 has compiled it. */
async function measurePace(): Promise<Record<string, number>> {
  const agents = await connectAll(copy);
  const pace = new Pace(() => receiver.drain());
  for (const version of versions) {
    const agent = agents[version];
    pace.add(`version ${version}`, timed((i) => agent.beat(0, i)));
  }
  const cold = await pace.measure(beats, interval);
  await pace.warmUp(5_000);
  const compiled = await pace.measure(beats, interval);
  return Object.fromEntries(
    Object.entries({ "at pace": cold, "at pace, compiled": compiled })
      .flatMap(([title, rows]) =>
        Object.entries(rows).map(([name, { p50 }]) => [
          `${title}, ${name}`,
          p50,
        ])
      ),
  );
}
