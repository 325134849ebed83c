/** How long the tests wait for what must come: far longer than it takes. */
export const PATIENCE = 60_000;

export function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/**
 * Attempts again what fails, until it succeeds or there is no more point in it,
 * and then fails as the last attempt did.
 */
export async function eventually<T>(
  attempt: () => T | Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  for (const start = Date.now();;) {
    try {
      return await attempt();
    } catch (error) {
      if (signal.aborted || Date.now() - start > PATIENCE) throw error;
    }
    await delay(20);
  }
}
