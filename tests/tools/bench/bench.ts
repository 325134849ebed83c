/**
 * Measures what a beat costs, and compares it with bounds:
 *
 *     deno task bench [--only NAME,NAME] [--rounds N] [--beats N] [--interval MS]
 *                     [--seconds N] [--against FOLDER] [--json FILE]
 *
 * Each program of this folder that is named below runs in a process of its own.
 * The exit code is 1 if a figure is above its bound. It requires `cc`; without
 * Node or `cargo`, some figures are left out.
 *
 * @module
 */

import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { hasProgram, resultOf } from "../../support/process.ts";
import { TestFolder } from "../../support/test_folder.ts";
import { compileNative } from "./native.ts";
import { figureRows, markdownTable, tableRows } from "./page.ts";
import {
  type Figure,
  median,
  type Output,
  type Request,
  type Result,
  type Table,
} from "./request.ts";

/** How often each program runs. */
const programs: Record<string, number> = {
  against: 15,
  pace: 3,
  cost: 3,
  loop: 1,
  memory: 1,
  startup: 1,
  peers: 1,
};

const { values: options } = parseArgs({
  options: {
    only: { type: "string", default: Object.keys(programs).slice(1).join() },
    rounds: { type: "string", default: "20000" },
    beats: { type: "string", default: "200" },
    interval: { type: "string", default: "20" },
    seconds: { type: "string", default: "20" },
    against: { type: "string" },
    json: { type: "string" },
  },
});

if (!hasProgram("cc")) {
  console.error("Cannot run the benchmark: it requires a C compiler (cc)");
  Deno.exit(2);
}

using folder = new TestFolder();
const request: Request = {
  folder: folder.path,
  library: compileNative(folder.path),
  rounds: Number(options.rounds),
  beats: Number(options.beats),
  interval: Number(options.interval),
  seconds: Number(options.seconds),
  against: options.against && Deno.realPathSync(options.against),
};

const tables: Table[] = [];
const figures: Figure[] = [];
for (const name of options.only.split(",")) {
  const results: Result[] = [];
  for (let run = 0; run < programs[name]; run++) {
    results.push(
      await resultOf(
        import.meta.resolve(`./${name}.ts`),
        [JSON.stringify(request)],
        ["--allow-all", "--unstable-net", "--v8-flags=--expose-gc"],
      ),
    );
  }
  const { tables: own = [] } = results.reduce(bestOf);
  for (const table of own) console.log(markdownTable(tableRows(table)));
  tables.push(...own);
  figures.push(...merge(results));
}
console.log(markdownTable(figureRows(figures)));
for (const { name, runs } of figures) if (runs) console.log(name, runs);

if (options.json !== undefined) {
  const system = {
    deno: Deno.version.deno,
    target: Deno.build.target,
    kernel: /^\d+\.\d+/.exec(Deno.osRelease())![0],
    processor: cpus()[0].model,
    cores: cpus().length,
  };
  const { rounds, beats, interval, seconds } = request;
  const settings = { rounds, beats, interval, seconds };
  const output: Output = { system, settings, figures, tables };
  Deno.writeTextFileSync(options.json, JSON.stringify(output, null, 2) + "\n");
}
const isKept = figures.every(({ value, bound = Infinity }) => value <= bound);
Deno.exit(isKept ? 0 : 1);

/** Returns the result whose first figure is lower. */
function bestOf(a: Result, b: Result): Result {
  return b.figures[0].value < a.figures[0].value ? b : a;
}

/** The lowest value of each figure that has a bound, the median of the others. */
function merge(results: Result[]): Figure[] {
  return results[0].figures.map((figure, i) => {
    if (results.length === 1) return figure;
    const runs = results.map(({ figures }) => figures[i].value);
    const value = figure.bound === undefined ? median(runs) : Math.min(...runs);
    return { ...figure, value, runs };
  });
}
