/**
 * Builds the observers that the tests run: `deno task observers`. Without cargo
 * it builds nothing, and the tests that need an observer are skipped.
 *
 * @module
 */

import {
  findProgram,
  installFolder,
  isSupported,
  type Release,
  RELEASES,
} from "../interop/releases.ts";
import { hasProgram } from "../support/process.ts";

/** Builds in two thirds of the time, for tests that need no speed. */
const UNOPTIMIZED = { CARGO_PROFILE_RELEASE_OPT_LEVEL: "0" };

function build(
  release: Release,
  target: string,
): Promise<Deno.CommandStatus> {
  return new Deno.Command("cargo", {
    args: [
      ...["install", "varta-watch", `--version=${release.number}`, "--locked"],
      ...release.features.map((feature) => `--features=${feature}`),
      `--root=${installFolder(release)}`,
      `--target-dir=${target}`,
    ],
    env: UNOPTIMIZED,
    stdin: "null",
  }).spawn().status;
}

/** Installs a release; returns a description of the result, and its success. */
async function install(
  release: Release,
  target: string,
): Promise<[result: string, success: boolean]> {
  const present = findProgram(release);
  if (present !== undefined) return [`already built: ${present}`, true];
  if (!isSupported) return [`skipped: not for ${Deno.build.os}`, true];
  if (!hasProgram("cargo")) return ["skipped: there is no cargo", true];

  const start = performance.now();
  const { success, code } = await build(release, target);
  const seconds = Math.round((performance.now() - start) / 1_000);
  return success
    ? [`built in ${seconds} s: ${findProgram(release)}`, true]
    : [`cargo failed with exit code ${code} after ${seconds} s`, false];
}

const target = await Deno.makeTempDir({ prefix: "varta-watch-" });
let failures = 0;
for (const release of RELEASES) {
  const [result, success] = await install(release, target);
  console.log(`varta-watch ${release.number}: ${result}`);
  if (!success) failures++;
}
await Deno.remove(target, { recursive: true });
Deno.exit(failures);
