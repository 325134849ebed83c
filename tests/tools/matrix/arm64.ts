/**
 * Runs some tests with Deno for 64-bit Arm, which QEMU emulates: those that
 * depend on the processor. `deno task test:arm64` downloads what is missing; if
 * that is impossible, it runs no test and prints the reason. Arguments are passed
 * to `deno test`, in place of these tests.
 *
 * Types are not checked: the result is the same on every processor.
 *
 * @module
 */

import { printTotals, runTests } from "../test_report.ts";
import { FOLDER, install, Unavailable } from "./install.ts";

try {
  console.log(`Deno ${await install()} for 64-bit Arm, emulated`);
} catch (error) {
  if (!(error instanceof Unavailable)) throw error;
  console.log(`The tests for 64-bit Arm are skipped: ${error.message}`);
  Deno.exit(0);
}

const folder = import.meta.dirname;
const tests = Deno.args.length > 0 ? Deno.args : [`${folder}/arm64_tests.ts`];
const run = await runTests(`${folder}/deno_arm64`, [
  // In an emulator, the threads of the collector mostly wait for each other.
  ...["-A", "--no-check", "--v8-flags=--expose-gc,--single-threaded-gc"],
  ...["--import-map=tests/std/import_map.json"],
  ...[`--preload=${folder}/exec_path.ts`, ...tests],
], { DENO_DIR: `${FOLDER}/deno_dir`, DENO_TLS_CA_STORE: "system,mozilla" });
printTotals([run]);
