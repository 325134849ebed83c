import { libc } from "./libc.ts";

/** A system call that failed: its name, and the `errno` that it left. */
export interface SystemFailure {
  readonly syscall: string;
  readonly errno: number;
}

const failures: Record<string, SystemFailure[]> = {};

/**
 * The failure of the call just made. The same failure is the same object, so
 * that failing again and again costs no memory.
 */
export function failureOf(syscall: string): SystemFailure {
  const errno = libc().errno();
  const known = failures[syscall] ??= [];
  return known[errno] ??= Object.freeze({ syscall, errno });
}
