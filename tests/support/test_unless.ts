/**
 * Declares a test. If there is a reason why it cannot run, it is ignored, and
 * its name ends with the reason, which `deno task test` prints at its end.
 */
export function testUnless(
  reason: string | undefined,
  name: string,
  fn: () => void | Promise<void>,
): void {
  Deno.test({
    name: reason === undefined ? name : `${name} (skipped: ${reason})`,
    ignore: reason !== undefined,
    fn,
  });
}

/** Whether this release of Deno is older than a version. */
export function isDenoBefore(version: string): boolean {
  const { deno } = Deno.version;
  return deno.localeCompare(version, "en", { numeric: true }) < 0;
}

/** Why a test for Linux cannot run on this system. */
export const notLinux: string | undefined = Deno.build.os === "linux"
  ? undefined
  : "only on Linux";
