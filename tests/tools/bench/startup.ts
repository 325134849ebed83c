/**
 * Measures what the module adds to the start of a program.
 *
 * @module
 */

import { TestObserver } from "../../support/observer.ts";
import { runProgram } from "../../support/process.ts";
import { type Figure, median, readRequest } from "./request.ts";

/** How often each program is started. */
const RUNS = 60;

/** What `deno info --json` prints. */
interface ModuleGraph {
  roots: string[];
  modules: { specifier: string; dependencies?: Dependency[] }[];
}

/** An import; it has no code if it is only of types. */
interface Dependency {
  code?: { specifier: string };
  isDynamic?: boolean;
}

const { against, rounds } = readRequest();
const ownTree = new URL("../../../", import.meta.url).pathname;
const trees = [ownTree, ...against ? [`${against}/`] : []];
const seconds: number[] = [];
const [own, other] = await measureTrees();

const figures: Figure[] = [{
  name: "modules that mod.ts loads",
  value: await countModules(ownTree),
  bound: 30,
}, {
  name: "import and first connect, above an empty program",
  value: own,
  unit: " ms",
}, {
  name: "second connect",
  value: median(seconds),
  bound: 50,
  unit: " µs",
}];
if (other !== undefined) {
  figures.push({
    name: "import and first connect, against the other tree",
    value: own / other,
    bound: 0.95,
  });
}
console.log(JSON.stringify({ figures }));

/** Returns the milliseconds that each tree adds to an empty program. */
async function measureTrees(): Promise<number[]> {
  using observer = new TestObserver();
  const times: number[][] = [[], ...trees.map(() => [])];
  for (let run = 0; run < Math.min(RUNS, rounds); run++) {
    for (let turn = 0; turn < times.length; turn++) {
      const i = (run + turn) % times.length;
      const program = i === 0 ? "empty.ts" : "connect.ts";
      const args = i === 0
        ? []
        : [`file://${trees[i - 1]}mod.ts`, observer.path];
      const start = performance.now();
      const { stdout, stderr } = await runProgram(
        import.meta.resolve(`./${program}`),
        args,
        ["--allow-ffi", "--allow-import", "--allow-read"],
      );
      times[i].push(performance.now() - start);
      if (stderr !== "") throw new Error(stderr);
      if (i === 1) seconds.push(Number(stdout));
    }
  }
  const [empty, ...connects] = times.map(median);
  return connects.map((time) => time - empty);
}

/** Counts the modules that an import of mod.ts loads, which types do not. */
async function countModules(tree: string): Promise<number> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", "--no-config", `${tree}mod.ts`],
  }).output();
  const { modules, roots }: ModuleGraph = JSON.parse(
    new TextDecoder().decode(stdout),
  );
  const loaded = new Set(roots);
  for (const specifier of loaded) {
    const module = modules.find((module) => module.specifier === specifier);
    for (const { code, isDynamic } of module?.dependencies ?? []) {
      if (code !== undefined && !isDynamic) loaded.add(code.specifier);
    }
  }
  return loaded.size;
}
