import { system as thisSystem } from "./system.ts";

/**
 * The name that `<errno.h>` gives a number, `"ENOENT"` for example, or
 * `"UNKNOWN"` where the system has no name for it.
 */
export function errnoName(errno: number, system = thisSystem): string {
  for (const [name, number] of Object.entries(system.errno)) {
    if (number === errno) return name;
  }
  return "UNKNOWN";
}
