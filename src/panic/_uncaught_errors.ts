/**
 * Calls `onUncaught`, once or more, if an uncaught error or an unhandled rejection is
 * about to end this process. It is not called if any listener prevents that.
 *
 * @returns A function that stops watching.
 */
export function watchUncaughtErrors(onUncaught: () => void): () => void {
  const onError = (event: ErrorEvent) => {
    if (isUncaught(event)) callIfUnprevented(event, onUncaught);
  };
  const onRejection = (event: PromiseRejectionEvent) =>
    callIfUnprevented(event, () => {
      if (!isHandledByNode()) onUncaught();
    });
  globalThis.addEventListener("error", onError);
  globalThis.addEventListener("unhandledrejection", onRejection);
  return () => {
    globalThis.removeEventListener("error", onError);
    globalThis.removeEventListener("unhandledrejection", onRejection);
  };
}

/**
 * Calls a function if the default action of an event is not prevented.
 *
 * That is known after the last listener, and a listener cannot know whether it is the
 * last: one that is added later is called later, and may prevent the action. But after
 * the dispatch, Deno itself reads `defaultPrevented` of the event, to decide whether to
 * end the process. So this function replaces that property of the event. If a release
 * of Deno decides in another way, the property is not read, and the function is not
 * called: there can be no terminal beat of a process that goes on.
 */
function callIfUnprevented(event: Event, fn: () => void): void {
  if (!event.cancelable) return;
  // Another panic handler may have replaced the property already.
  const { get = readDefaultPrevented } =
    Object.getOwnPropertyDescriptor(event, "defaultPrevented") ?? {};
  // Not Object.defineProperty, which throws if the event is not extensible. An error
  // in this listener would end the process.
  Reflect.defineProperty(event, "defaultPrevented", {
    configurable: true,
    get() {
      const isPrevented: boolean = get.call(event);
      const isDispatched = event.eventPhase === event.NONE;
      if (isDispatched && !isPrevented) fn();
      return isPrevented;
    },
  });
}

function readDefaultPrevented(this: Event): boolean {
  return Reflect.get(Object.getPrototypeOf(this), "defaultPrevented", this);
}

/**
 * Whether the event reports an error in this thread.
 *
 * The event of an error in a `Worker` has no error. That error ends the process only
 * if a rejection follows, which has an event of its own. An event that the program
 * itself dispatches ends nothing; the message of a real one has this prefix.
 */
function isUncaught({ error, message }: ErrorEvent): boolean {
  return error === null
    ? message === "Uncaught null"
    : typeof message === "string" && message.startsWith("Uncaught ");
}

/** Whether Node's API handles the rejection, which happens after all listeners. */
function isHandledByNode(): boolean {
  const { process } = globalThis as { process?: Partial<NodeProcess> };
  return ["unhandledRejection", "uncaughtException"].some((event) =>
    process?.listenerCount?.(event)
  ) || process?.hasUncaughtExceptionCaptureCallback?.() === true;
}

/** The part of Node's `process` that is read here. A program may have replaced it. */
interface NodeProcess {
  listenerCount(event: string): number;
  hasUncaughtExceptionCaptureCallback(): boolean;
}
