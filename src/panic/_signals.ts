import { isSignalIgnored, raiseUnhandled } from "../../ffi/signal_action.ts";
import { system } from "../../ffi/system.ts";

/** What is told of a signal. */
export interface SignalWatcher {
  /** It ends this process: now, when this returns. */
  dying(): void;
  /** Somebody else listens to it, who may end this process or not. */
  handled(): void;
}

/** Signals by their names, each with its number. */
export type SignalNumbers = ReadonlyMap<Deno.Signal, number>;

/** The signals that Deno takes in hand with the first listener to any signal. */
const TAKEN = ["SIGHUP", "SIGINT", "SIGTERM"] as const;

/** Whether this process ignored a signal before anybody listened to one. */
const ignored = new Map<Deno.Signal, boolean>();

const watched = new Map<Deno.Signal, WatchedSignal>();

/**
 * Tells a watcher of signals, and lets each do what it does without: to those
 * who listen to it, and to this process where nobody does.
 *
 * @throws {Deno.errors.NotSupported} Where this release of Deno does not tell
 * who listens.
 * @returns What ends it.
 */
export function watchSignals(
  signals: SignalNumbers,
  watcher: SignalWatcher,
): () => void {
  if (signals.size === 0) return () => {};
  rememberIgnored(signals);
  if (!canTellSignalListeners()) {
    throw new Deno.errors.NotSupported(
      `Cannot watch signals: Deno ${Deno.version.deno} does not tell who listens to them`,
    );
  }
  for (const signal of TAKEN) if (ignored.get(signal)) watchedSignal(signal);
  const ours = Array.from(signals.keys(), watchedSignal);
  for (const signal of ours) signal.watchers.add(watcher);
  return () => {
    for (const signal of ours) {
      signal.watchers.delete(watcher);
      signal.release();
    }
  };
}

function rememberIgnored(signals: SignalNumbers): void {
  const taken = TAKEN.map((name) => [name, system.signals[name]!] as const);
  for (const [signal, signum] of [...signals, ...taken]) {
    if (!ignored.has(signal)) ignored.set(signal, isSignalIgnored(signum));
  }
}

function watchedSignal(signal: Deno.Signal): WatchedSignal {
  let known = watched.get(signal);
  if (known === undefined) {
    known = new WatchedSignal(signal);
    watched.set(signal, known);
  }
  return known;
}

/** A signal with one listener for all watchers, since to each other they are others. */
class WatchedSignal {
  readonly watchers: Set<SignalWatcher> = new Set();
  readonly #signal: Deno.Signal;
  /** Whether another listener may be called before this one. */
  #hasPredecessor: boolean;
  #isPassing = false;

  constructor(signal: Deno.Signal) {
    this.#signal = signal;
    this.#hasPredecessor = hasSignalListener(signal);
    Deno.addSignalListener(signal, this.#listener);
  }

  /**
   * Listens no more where there is no watcher. A signal that was ignored ends
   * the process, though, once nobody listens to it: there it goes on.
   */
  release(): void {
    if (this.watchers.size > 0 || ignored.get(this.#signal)) return;
    Deno.removeSignalListener(this.#signal, this.#listener);
    watched.delete(this.#signal);
  }

  readonly #listener = () => {
    // Added again below, it is called again for the signal at hand.
    if (this.#isPassing) return;
    this.#isPassing = true;
    // Those behind this one are still to be called. One before it may have been
    // called, and have removed itself.
    const isHandled = this.#stepBack() || this.#hasPredecessor;
    if (!isHandled) this.#die();
    queueMicrotask(() => {
      this.#isPassing = false;
      if (this.watchers.size > 0) this.#hasPredecessor = this.#stepBack();
    });
    if (isHandled) {
      for (const watcher of this.watchers) watcher.handled();
    }
  };

  /** Whether there are other listeners, of which this becomes the last. */
  #stepBack(): boolean {
    Deno.removeSignalListener(this.#signal, this.#listener);
    const hasOthers = hasSignalListener(this.#signal);
    Deno.addSignalListener(this.#signal, this.#listener);
    return hasOthers;
  }

  #die(): void {
    // The kernel spares the first process, such as a container's.
    if (ignored.get(this.#signal) || Deno.pid === 1) return;
    for (const watcher of this.watchers) watcher.dying();
    raiseUnhandled(system.signals[this.#signal]!);
  }
}

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
