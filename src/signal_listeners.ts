/**
 * Whether anybody in this thread listens to a signal, by `Deno.addSignalListener`
 * or by `process.on` of Node's: Deno binds a signal for the first listener alone,
 * and reads its name once more for that, or rejects a name that is no string.
 */
export function hasSignalListener(signal: Deno.Signal): boolean {
  const probe = () => {};
  // The first listener ever makes an entry for it, with one more reading.
  Deno.addSignalListener(signal, probe);
  Deno.removeSignalListener(signal, probe);
  let readings = 0;
  const name = {
    toString() {
      readings++;
      return signal;
    },
  };
  let isBound = true;
  try {
    Deno.addSignalListener(name as unknown as Deno.Signal, probe);
  } catch {
    isBound = false;
  }
  Deno.removeSignalListener(signal, probe);
  return isBound && readings === 1;
}

/** Whether {@linkcode hasSignalListener} is right on this release of Deno. */
export function canTellSignalListeners(): boolean {
  const signal = "SIGURG"; // which ends nothing, and which nobody listens to
  const listener = () => {};
  if (hasSignalListener(signal)) return false;
  Deno.addSignalListener(signal, listener);
  const isTold = hasSignalListener(signal);
  Deno.removeSignalListener(signal, listener);
  return isTold;
}
