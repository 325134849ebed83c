import { until } from "./until.ts";

/** Collects garbage, and lets finalizers run, until `done` returns true. */
export async function collectGarbage(done: () => boolean): Promise<void> {
  const { gc } = globalThis as unknown as { gc(): void };
  await until("garbage is collected", () => {
    gc();
    return done();
  });
}

/**
 * Runs `action` while this process has no descriptor left. Only for a child
 * process: everything else in this process fails meanwhile.
 */
export function withoutDescriptors<T>(action: () => T): T {
  const files: Deno.FsFile[] = [];
  try {
    for (let file; (file = tryOpen()) !== undefined;) files.push(file);
    return action();
  } finally {
    for (const file of files) file.close();
  }
}

/** Opens a file; returns `undefined` if no descriptor is left. */
function tryOpen(): Deno.FsFile | undefined {
  try {
    return Deno.openSync("/dev/null");
  } catch (error) {
    // EMFILE, for which Deno has no class.
    if (!String(error).includes("os error 24")) throw error;
  }
}
