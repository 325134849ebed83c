import { libc } from "./libc.ts";

/**
 * The id of the calling process, asked of the system each time, so that a
 * forked child answers with its own.
 *
 * @see {@link https://man7.org/linux/man-pages/man2/getpid.2.html getpid(2)}
 */
export function processId(): number {
  return libc().getpid();
}
