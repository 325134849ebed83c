import { libc } from "./libc.ts";

/**
 * The descriptors of what was dropped without `close()`. An owner takes its own
 * out before it closes it, so that no number is closed that has passed to
 * another owner.
 */
export const abandoned: FinalizationRegistry<number> = new FinalizationRegistry(
  (fd) => libc().close(fd),
);
