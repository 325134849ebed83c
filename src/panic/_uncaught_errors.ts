/**
 * How often Deno reads `defaultPrevented` of an event after the last listener, before
 * an error ends the process. The first read is the result of `dispatchEvent()`. For a
 * rejection, Deno also reads it before and after it calls the listeners of Node's
 * `process`, which may prevent it too.
 */
const READS = { error: 1, unhandledrejection: 3 };

/**
 * Calls `onUncaught`, once or more, if an uncaught error or an unhandled rejection is
 * about to end this process. It is not called if any listener prevents that.
 *
 * @returns A function that stops watching.
 */
export function watchUncaughtErrors(onUncaught: () => void): () => void {
  const onError = (event: ErrorEvent) => {
    if (isUncaught(event)) callIfUnprevented(event, READS.error, onUncaught);
  };
  const onRejection = (event: PromiseRejectionEvent) =>
    callIfUnprevented(event, READS.unhandledrejection, onUncaught);
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
 * of Deno decides in another way, the property is read less often, and the function is
 * not called: there can be no terminal beat of a process that goes on.
 */
function callIfUnprevented(event: Event, reads: number, fn: () => void): void {
  if (!event.cancelable) return;
  // Another panic handler may have replaced the property already.
  const get = Object.getOwnPropertyDescriptor(event, "defaultPrevented")?.get ??
    readDefaultPrevented;
  // Not Object.defineProperty, which throws if the event is not extensible. An error
  // in this listener would end the process. Nor does it inherit from Object.prototype,
  // which a program may have added a "value" to.
  Reflect.defineProperty(event, "defaultPrevented", {
    __proto__: null,
    configurable: true,
    get() {
      const isPrevented: boolean = get.call(event);
      const isDispatched = event.eventPhase === event.NONE;
      if (isDispatched && !isPrevented && --reads === 0) fn();
      return isPrevented;
    },
  } as PropertyDescriptor);
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
