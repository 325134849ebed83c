/** Ctrl-C, kill(1), a terminal that closes, and Ctrl-\. */
const SIGNALS: readonly Deno.Signal[] = [
  "SIGINT",
  "SIGTERM",
  "SIGHUP",
  "SIGQUIT",
];

/**
 * Returns a promise that resolves at the first signal that asks the process to
 * end. After this call, such a signal does not end the process by itself.
 */
export function untilStopSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of SIGNALS) {
      try {
        Deno.addSignalListener(signal, () => resolve());
      } catch {
        // Windows does not have all of them.
      }
    }
  });
}
