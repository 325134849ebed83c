/** Collects garbage, and lets finalizers run, until `done` or for 60 seconds. */
export async function collectGarbage(done: () => boolean): Promise<void> {
  const { gc } = globalThis as unknown as { gc(): void };
  for (const start = Date.now(); !done() && Date.now() - start < 60_000;) {
    gc();
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/**
 * Runs `action` while this process has no descriptor left to open: a Worker
 * that ended gives its own back within some milliseconds.
 */
export function withoutDescriptors<T>(action: () => T): T {
  const taken: Deno.FsFile[] = [];
  try {
    for (let refusals = 0; refusals < 10; refusals++) {
      for (let file; (file = tryOpen()) !== undefined; refusals = 0) {
        taken.push(file);
      }
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
    }
    return action();
  } finally {
    for (const file of taken) file.close();
  }
}

/** A file, or `undefined` where no descriptor is left for it. */
function tryOpen(): Deno.FsFile | undefined {
  try {
    return Deno.openSync("/dev/null");
  } catch (error) {
    // EMFILE, for which Deno has no class.
    if (!String(error).includes("os error 24")) throw error;
  }
}
