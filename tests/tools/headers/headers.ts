/**
 * Compares `ffi/systems` and `ffi/symbols.ts` with the headers of each system. A C
 * compiler that has the headers of all of them is installed first; if that is not
 * possible, the comparison is skipped.
 *
 * Each value becomes a line of C that compiles only if the headers agree. To show
 * that each line can fail, the lines are compiled again with every value changed.
 *
 * @module
 */

import { check } from "./_check.ts";
import { Compiler } from "./_compiler.ts";
import { install, Unavailable } from "./_install.ts";
import { ARCHITECTURES, TARGETS } from "./_targets.ts";

/** Returns whether all systems agree. */
async function checkAll(folder: string): Promise<boolean> {
  const { program, library } = await install();
  const compiler = new Compiler(program, folder);
  let checked = 0;
  let undetected = 0;
  let isRight = true;
  for (const target of TARGETS) {
    const counts: string[] = [];
    const lines = Object.entries(target.deviations ?? {}).map(
      ([name, { header, reason }]) =>
        `deviates: ${name} is ${header} in the headers: ${reason}`,
    );
    for (const arch of ARCHITECTURES) {
      const result = await check(compiler, library, target, arch);
      const { mismatches } = result;
      counts.push(`${result.checked} on ${arch}`);
      lines.push(
        ...mismatches.map((text) => `mismatch on ${arch}: ${text}`),
        ...result.undetected.map((text) => `cannot fail on ${arch}: ${text}`),
      );
      checked += result.checked;
      undetected += result.undetected.length;
      isRight &&= mismatches.length + result.undetected.length === 0;
    }
    console.log(`${target.name}: values checked: ${counts.join(", ")}`);
    for (const line of lines) console.log(`  ${line}`);
  }
  console.log(
    `every value changed: ${checked - undetected} of ${checked} fail`,
  );
  return isRight;
}

const folder = await Deno.makeTempDir();
try {
  if (!await checkAll(folder)) Deno.exitCode = 1;
} catch (error) {
  if (!(error instanceof Unavailable)) throw error;
  console.log(`headers: skipped: ${error.message}`);
} finally {
  await Deno.remove(folder, { recursive: true });
}
