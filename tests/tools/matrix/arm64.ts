/**
 * Runs the tests with Deno for 64-bit Arm, which QEMU emulates. What is missing
 * is fetched first, and where it cannot be had, the tests are left out.
 * Arguments go through to `deno test`; without any, it runs the tests of
 * `TESTS`.
 *
 * Types are not checked: it would take minutes, and they are the same on every
 * processor.
 *
 * @module
 */

import { FOLDER, install, Unavailable } from "./install.ts";

/** All but those that are long under an emulator, and the same without one. */
const TESTS = [
  "src", // the examples in its comments
  "tests/examples_test.ts",
  "tests/ffi",
  "tests/interop",
  "tests/mod_test.ts",
  "tests/src",
];

const launcher = `${import.meta.dirname}/deno_arm64`;
const preload = `--preload=${import.meta.dirname}/exec_path.ts`;

try {
  console.log(`arm64: Deno ${await install()}, emulated`);
} catch (error) {
  if (!(error instanceof Unavailable)) throw error;
  console.log(`arm64: left out, since ${error.message}`);
  Deno.exit(0);
}

const child = new Deno.Command(launcher, {
  args: [
    ...["run", "-A", preload, "tests/run.ts"],
    ...[preload, "--no-check", ...Deno.args.length > 0 ? Deno.args : TESTS],
  ],
  cwd: new URL("../../../", import.meta.url),
  env: { DENO_DIR: `${FOLDER}/deno_dir` },
}).spawn();
Deno.exit((await child.status).code);
