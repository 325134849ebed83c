/**
 * Measures how much of `src/` and `ffi/` the tests reach, on Linux: `deno task
 * coverage`. It fails below the bounds.
 *
 * @module
 */

/** Percent. */
const BOUNDS = { branches: 95, lines: 97 };

const ROOT = new URL("../../", import.meta.url);
const FOLDER = ".coverage";
const TESTS = [
  "agent",
  "cli",
  "endpoint",
  "ffi",
  "frame",
  "heartbeat",
  "mod_test.ts",
  "observer",
  "panic",
  "process",
  "systemd",
];

/** Runs Deno, prints what it prints, and returns that. */
async function deno(...args: string[]): Promise<string> {
  const child = new Deno.Command(Deno.execPath(), {
    args,
    cwd: ROOT,
    env: { NO_COLOR: "1" },
    stdout: "piped",
  }).spawn();
  const [shown, kept] = child.stdout.tee();
  await shown.pipeTo(Deno.stdout.writable, { preventClose: true });
  const text = await new Response(kept).text();
  if (!(await child.status).success) Deno.exit(1);
  return text;
}

/** Removes the files of processes that a signal ended while they wrote. */
async function removeIncomplete(): Promise<void> {
  const folder = new URL(`${FOLDER}/`, ROOT);
  for await (const { name } of Deno.readDir(folder)) {
    const file = new URL(name, folder);
    try {
      JSON.parse(await Deno.readTextFile(file));
    } catch {
      await Deno.remove(file);
    }
  }
}

await Deno.remove(new URL(FOLDER, ROOT), { recursive: true }).catch((error) => {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
});
await deno(
  ...["task", "test", `--coverage=${FOLDER}`, "--coverage-raw-data-only"],
  ...TESTS.map((name) => `tests/${name}`),
);
await removeIncomplete();
const table = await deno(
  ...["coverage", FOLDER, "--include=/src/", "--include=/ffi/"],
);
const all = /^\| All files\s*\|(.*)\|$/m.exec(table)![1];
const [branches, _functions, lines] = all.split("|").map(Number);
console.log(
  `branches ${branches}% (at least ${BOUNDS.branches}%), lines ${lines}% (at least ${BOUNDS.lines}%)`,
);
Deno.exit(branches >= BOUNDS.branches && lines >= BOUNDS.lines ? 0 : 1);
