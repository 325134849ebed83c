/**
 * Builds the observers that the tests of this folder run, each where it is not
 * there yet. Without cargo it builds nothing, and the tests are left out.
 *
 * @module
 */

import {
  findBinary,
  installFolder,
  isSupported,
  type Release,
  RELEASES,
} from "../interop/releases.ts";
import { hasProgram } from "../support/process.ts";

const patience = 10 * 60_000;

async function build(release: Release): Promise<Deno.CommandStatus> {
  const target = await Deno.makeTempDir({ prefix: "varta-watch-" });
  const { number, features } = release;
  try {
    return await new Deno.Command("cargo", {
      args: [
        "install",
        "varta-watch",
        `--version==${number}`,
        "--locked",
        ...features.map((feature) => `--features=${feature}`),
        `--root=${installFolder(release)}`,
        `--target-dir=${target}`,
      ],
      cwd: new URL(".", import.meta.url),
      signal: AbortSignal.timeout(patience),
      stdin: "null",
    }).spawn().status;
  } finally {
    await Deno.remove(target, { recursive: true });
  }
}

/** Installs one release, and says what became of it and whether it failed. */
async function install(release: Release): Promise<[string, boolean]> {
  const present = findBinary(release);
  if (present !== undefined) return [`already there, ${present}`, false];
  if (!isSupported) return [`left out, not for ${Deno.build.os}`, false];
  if (!hasProgram("cargo")) return ["left out, there is no cargo", false];

  const start = Date.now();
  const { success, code } = await build(release);
  const seconds = Math.round((Date.now() - start) / 1000);
  return success
    ? [`built in ${seconds} s, ${findBinary(release)}`, false]
    : [`not built, cargo ended with ${code} after ${seconds} s`, true];
}

let failures = 0;
for (const release of RELEASES) {
  const [outcome, failed] = await install(release);
  console.log(`varta-watch ${release.number}: ${outcome}`);
  if (failed) failures++;
}
Deno.exit(failures);
