/**
 * Calls `dying` where an error that nobody catches, or a rejection that nobody
 * handles, is about to end this process: not where anybody prevents that,
 * whenever they began to listen.
 *
 * @returns What ends it.
 */
export function watchUncaughtErrors(dying: () => void): () => void {
  const onError = (event: ErrorEvent) => {
    if (!isOfWorker(event)) askLast(event, dying);
  };
  const onRejection = (event: PromiseRejectionEvent) =>
    askLast(event, () => {
      if (!isHandledByNode()) dying();
    });
  globalThis.addEventListener("error", onError);
  globalThis.addEventListener("unhandledrejection", onRejection);
  return () => {
    globalThis.removeEventListener("error", onError);
    globalThis.removeEventListener("unhandledrejection", onRejection);
  };
}

/**
 * Calls `unprevented` where all listeners have had the event and none prevented
 * its default. When that is, Deno itself asks the event: no listener can tell,
 * since those that were added later come later.
 */
function askLast(event: Event, unprevented: () => void): void {
  // One that somebody made by hand ends nothing.
  if (!event.cancelable) return;
  let isDecided = false;
  Object.defineProperty(event, "defaultPrevented", {
    configurable: true,
    get() {
      const isPrevented = Reflect.get(
        Event.prototype,
        "defaultPrevented",
        event,
      );
      const isOver = event.eventPhase === Event.NONE;
      if (isOver && !isPrevented && !isDecided) {
        isDecided = true;
        unprevented();
      }
      return isPrevented;
    },
  });
}

/**
 * Whether the error is a `Worker`'s, which ends that alone: what it does to this
 * process is for the unhandled rejection to say that comes behind it.
 */
function isOfWorker({ error, message }: ErrorEvent): boolean {
  return error === null && message !== "Uncaught null";
}

/** Whether a listener of Node's, which Deno asks behind all others, prevents it. */
function isHandledByNode(): boolean {
  const { process } = globalThis as {
    process?: { listenerCount(type: string): number };
  };
  return process !== undefined &&
    process.listenerCount("unhandledRejection") +
          process.listenerCount("uncaughtException") > 0;
}
