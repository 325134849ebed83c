/**
 * Runs the tests that show how far `src/` and `ffi/` are covered, on Linux:
 * `deno task coverage`. It fails below the bounds.
 *
 * @module
 */

/** Percent, of branches and of lines. */
const bounds = { branches: 95, lines: 97 };

const ROOT = new URL("../../", import.meta.url);
const FOLDER = ".coverage";
const folder = new URL(`${FOLDER}/`, ROOT);
const TESTS = ["src", "ffi", "cli", "observer", "mod_test.ts", "reliability"];

/** Runs this Deno, and prints what it prints. */
async function deno(...args: string[]): Promise<string> {
  const child = new Deno.Command(Deno.execPath(), {
    args,
    cwd: ROOT,
    env: { NO_COLOR: "1" },
    stdout: "piped",
  }).spawn();
  let text = "";
  const pieces = child.stdout.pipeThrough(new TextDecoderStream());
  for await (const piece of pieces) {
    Deno.stdout.writeSync(new TextEncoder().encode(piece));
    text += piece;
  }
  if (!(await child.status).success) Deno.exit(1);
  return text;
}

/** Removes what a process was writing when a test ended it by a signal. */
function removeCutOff(): void {
  for (const { name } of Deno.readDirSync(folder)) {
    const file = new URL(name, folder);
    try {
      JSON.parse(Deno.readTextFileSync(file));
    } catch {
      Deno.removeSync(file);
    }
  }
}

try {
  Deno.removeSync(folder, { recursive: true });
} catch (error) {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}
const paths = TESTS.map((name) => `tests/${name}`);
const collecting = [`--coverage=${FOLDER}`, "--coverage-raw-data-only"];
await deno("task", "test", ...collecting, ...paths);
removeCutOff();
const table = await deno(
  "coverage",
  FOLDER,
  ...["--include=/src/", "--include=/ffi/"],
);
const all = /^\| All files\s*\|(.*)\|$/m.exec(table)![1];
const [branches, _functions, lines] = all.split("|").map(Number);
console.log(
  `branches ${branches}% (at least ${bounds.branches}), lines ${lines}% (at least ${bounds.lines})`,
);
Deno.exit(branches >= bounds.branches && lines >= bounds.lines ? 0 : 1);
