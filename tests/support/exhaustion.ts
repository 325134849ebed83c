/** Collects garbage, and lets finalizers run, until `done` or for 60 seconds. */
export async function collectGarbage(done: () => boolean): Promise<void> {
  const { gc } = globalThis as unknown as { gc(): void };
  for (const start = Date.now(); !done() && Date.now() - start < 60_000;) {
    gc();
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** Runs `action` while this process has no descriptor left to open. */
export function withoutDescriptors<T>(action: () => T): T {
  const taken: Deno.FsFile[] = [];
  try {
    for (;;) taken.push(Deno.openSync("/dev/null"));
  } catch (error) {
    // EMFILE, for which Deno has no class.
    if (!String(error).includes("os error 24")) throw error;
    return action();
  } finally {
    for (const file of taken) file.close();
  }
}
