const PATIENCE = 120_000; // ms, on a machine that is busy

/** Waits until the condition holds, and answers with what made it hold. */
export async function until<T>(
  what: string,
  condition: () => T | Promise<T>,
): Promise<NonNullable<T>> {
  for (const start = performance.now();;) {
    const held = await condition();
    if (held) return held as NonNullable<T>;
    if (performance.now() - start > PATIENCE) {
      throw new Error(`In ${PATIENCE / 1_000} s this did not happen: ${what}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Whether there is something at a path. */
export function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}
