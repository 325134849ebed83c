import { darwin, freebsd, netbsd, openbsd } from "./systems/bsd.ts";
import { android, linux } from "./systems/linux.ts";
import type { Architecture, System } from "./systems/types.ts";

export type { Field, System } from "./systems/types.ts";

// All files are loaded, but only one table is created. To load one file only would
// take a top-level await, and in a program with one, reportError() crashes Deno
// 2.0 and 2.5.
const systems: Readonly<
  Partial<Record<string, (arch: Architecture) => System>>
> = {
  linux,
  android,
  darwin,
  freebsd,
  netbsd,
  openbsd,
};

/**
 * A system without a table, such as Windows. Nothing that needs its numbers works
 * there: the C library is never opened.
 */
export const unsupported = (arch: Architecture): System => ({
  ...linux(arch),
  hasUnixDatagramSockets: false,
  errno: {},
});

/** The system on which this process runs. */
export const system: System = (systems[Deno.build.os] ?? unsupported)(
  Deno.build.arch,
);

/**
 * Returns the name that `<errno.h>` gives a number, `"ENOENT"` for example, or
 * `"UNKNOWN"` if the system has no name for it.
 */
export function errnoName(errno: number, { errno: names } = system): string {
  for (const [name, number] of Object.entries(names)) {
    if (number === errno) return name;
  }
  return "UNKNOWN";
}
