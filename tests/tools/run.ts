/**
 * Runs all tests: `deno task test`. With arguments, it runs one `deno test` with
 * them instead, for example with a file or with `--filter`.
 *
 * `@std` comes from JSR or, if JSR cannot be reached, from `tests/std`. At the end,
 * and after Ctrl-C, no process and no file of the tests is left.
 *
 * @module
 */

import { WORKER_FLAG } from "../support/process.ts";
import { exists } from "../support/until.ts";
import { printProgress, printTotals, runTests } from "./test_report.ts";

const ROOT = new URL("../../", import.meta.url);

/**
 * The ending of files whose tests change or compare what belongs to a process:
 * descriptors, the environment, the umask. A descriptor that one thread closes also
 * stays open while another thread starts a process. So these files run one after
 * another, in two processes.
 */
const SERIAL = "_serial_test.ts";
/** The examples, which all bind one path. */
const EXAMPLES = ["--doc", "mod.ts", "src", "README.md"];

/** The folder of all files of this run. Every process of it has it as `TMPDIR`. */
const temporary = await Deno.makeTempDir({ prefix: "varta-tests-" });
await Deno.chmod(temporary, 0o755); // some tests run a program as another user

const ENV = {
  TMPDIR: temporary,
  // Most tests wait for another process most of the time.
  DENO_JOBS: `${3 * navigator.hardwareConcurrency}`,
  // Deno before 2.6 ignores the certificates of the system by default.
  DENO_TLS_CA_STORE: "system,mozilla",
};

/** The import map that replaces `@std`, if JSR cannot be reached. */
async function importMap(): Promise<string[]> {
  const { imports } = JSON.parse(
    await Deno.readTextFile(new URL("deno.json", ROOT)),
  );
  const testing = imports["@std/testing"];
  const modules = [`${testing}/time`, `${testing}/types`];
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: ["cache", imports["@std/assert"], ...modules],
    cwd: ROOT,
    env: ENV,
    signal: AbortSignal.timeout(20_000),
    stdin: "null",
  }).output();
  if (success) return [];
  console.log("JSR cannot be reached: tests/std replaces @std");
  return ["--import-map=tests/std/import_map.json"];
}

/** Ends the processes that still run, which Linux can list, and removes the files. */
function cleanUp(): void {
  while (Deno.build.os === "linux" && killAll());
  Deno.removeSync(temporary, { recursive: true });
  // The examples of the documentation bind such a path.
  for (const { name } of Deno.readDirSync("/tmp")) {
    const pid = /^varta-(\d+)\.sock$/.exec(name)?.[1];
    if (pid !== undefined && !exists(`/proc/${pid}`)) {
      Deno.removeSync(`/tmp/${name}`);
    }
  }
}

/** Returns how many processes of this run it has killed. */
function killAll(): number {
  let count = 0;
  for (const { name } of Deno.readDirSync("/proc")) {
    try {
      const variables = Deno.readTextFileSync(`/proc/${name}/environ`);
      if (!variables.includes(`TMPDIR=${temporary}`)) continue;
      Deno.kill(Number(name), "SIGKILL");
      count++;
    } catch {
      // It is no process, has ended, or belongs to another user.
    }
  }
  return count;
}

for (const [signal, number] of [["SIGINT", 2], ["SIGTERM", 15]] as const) {
  Deno.addSignalListener(signal, () => {
    cleanUp();
    Deno.exit(128 + number);
  });
}

const std = await importMap();
const flags = ["-A", `--v8-flags=--expose-gc,${WORKER_FLAG}`, ...std];

if (Deno.args.length > 0) {
  // The types first, or each Worker that a test starts would be checked by itself.
  for (const step of ["--no-run", "--no-check"]) {
    const { code } = await new Deno.Command(Deno.execPath(), {
      args: ["test", step, ...flags, "--doc", ...Deno.args],
      cwd: ROOT,
      env: ENV,
    }).spawn().status;
    if (code === 0 && step === "--no-run") continue;
    cleanUp();
    Deno.exit(code);
  }
}

const serial = findSerial("tests");
using _progress = printProgress();
// The types of all files are checked at once, which takes half of the time.
const runs = await Promise.all(
  [
    ["--no-run", ...EXAMPLES, "tests"],
    ["--no-check", "--parallel", `--ignore=${serial}`, "tests"],
    ["--no-check", ...serial.filter((_, i) => i % 2 === 0), ...EXAMPLES],
    ["--no-check", ...serial.filter((_, i) => i % 2 === 1)],
  ].map((args) => runTests(Deno.execPath(), [...flags, ...args], ENV)),
);
cleanUp();
printTotals(runs);

function findSerial(folder: string): string[] {
  return [...Deno.readDirSync(new URL(folder, ROOT))].flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) return findSerial(path);
    return path.endsWith(SERIAL) ? [path] : [];
  }).sort();
}
