const TIMEOUT = 120; // seconds, since the machine may be busy

/** Waits until a condition holds, and returns its value. */
export async function until<T>(
  description: string,
  condition: () => T | Promise<T>,
): Promise<NonNullable<T>> {
  for (const start = performance.now();;) {
    const value = await condition();
    if (value) return value as NonNullable<T>;
    if (performance.now() - start > 1_000 * TIMEOUT) {
      throw new Error(`Timed out after ${TIMEOUT} s: ${description}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Whether a file exists. */
export function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}
