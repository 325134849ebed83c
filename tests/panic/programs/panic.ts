// Connects to the observer at the path in the first argument, and then takes the steps
// that the second one names, separated by commas.

import { installPanicHandler, Status, Varta } from "../../../mod.ts";

const [path, plan] = Deno.args;
const agent = Varta.connect(path);
agent.beat(Status.Ok);
const handlers: Disposable[] = [];

function fail(message = "gone"): never {
  throw new Error(message);
}

const keepAlive = () => setTimeout(() => console.log("kept alive"), 60_000);

const prevent = (event: Event) => event.preventDefault();

function startWorker(name: string): Worker {
  const url = new URL("worker.ts", import.meta.url);
  return new Worker(url, { type: "module", name });
}

const steps: Record<string, (signals: Deno.Signal[]) => unknown> = {
  // Handlers
  install(signals) {
    const options = signals.length > 0 ? { signals } : undefined;
    handlers.push(installPanicHandler(agent, options));
  },
  "install a throwing agent": (signals) =>
    installPanicHandler({ beatTerminal: () => fail("not sent") }, { signals }),
  "install a rejecting agent": (signals) => {
    const beatTerminal = () => Promise.reject(new Error("not sent")) as never;
    installPanicHandler({ beatTerminal }, { signals });
  },
  dispose: () => handlers[0][Symbol.dispose](),

  // Listeners
  "read errors": () => {
    addEventListener("error", (event) => console.log(event.defaultPrevented));
    globalThis.onerror = () => {};
  },
  "prevent errors": () => {
    addEventListener("error", prevent);
    addEventListener("unhandledrejection", prevent);
  },
  "prevent errors by onerror": () => {
    globalThis.onerror = prevent as typeof globalThis.onerror;
    globalThis.onunhandledrejection = prevent;
  },
  "prevent errors by process.on": () => {
    process.on("uncaughtException", () => {});
    process.on("unhandledRejection", () => {});
  },
  "prevent errors by uncaughtException": () => {
    process.on("uncaughtException", () => {});
  },
  "prevent errors by a capture callback": () => {
    const { setUncaughtExceptionCaptureCallback: set } = process as {
      setUncaughtExceptionCaptureCallback?(fn: () => void): void;
    };
    // Deno 2.9 has it.
    if (set === undefined) steps["prevent errors"]([]);
    else set.call(process, () => {});
  },
  "throw in error listener": () =>
    addEventListener("error", () => fail("gone in a listener")),
  "throw in rejection listener": () =>
    addEventListener("unhandledrejection", () => fail("gone in a listener")),
  "prevent extensions": () =>
    addEventListener("unhandledrejection", Object.preventExtensions),
  "stop propagation": () =>
    addEventListener("error", (event) => event.stopImmediatePropagation()),
  "exit in error listener": () => addEventListener("error", () => Deno.exit(7)),
  "beat in error listener": () =>
    addEventListener("error", () => void agent.beatTerminal()),
  "remove process": () => {
    Reflect.deleteProperty(globalThis, "process");
  },
  "replace process": () => {
    Object.assign(globalThis, { process: { env: {} } });
  },
  pollute: () => void Object.assign(Object.prototype, { value: 1, get: 1 }),
  "refuse SIGHUP": () => {
    const { addSignalListener } = Deno;
    Deno.addSignalListener = (signal, listener) => {
      if (signal === "SIGHUP") throw new TypeError("no SIGHUP");
      addSignalListener(signal, listener);
    };
  },
  "listen to SIGURG": () => Deno.addSignalListener("SIGURG", () => {}),
  "listen to SIGTERM": () =>
    Deno.addSignalListener("SIGTERM", () => {
      console.log("called");
      setTimeout(() => Deno.exit(7), 100); // if no other listener ends the process
    }),
  "throw in signal listener": () =>
    Deno.addSignalListener("SIGTERM", () => fail()),

  // Ends
  throw: () => fail(),
  "throw in timer": () => setTimeout(fail, 1),
  "throw in microtask": () => queueMicrotask(fail),
  "throw null": () =>
    setTimeout(() => {
      throw null;
    }, 1),
  reject() {
    Promise.reject(new Error("gone"));
  },
  "report error": () => reportError(new Error("gone")),
  "report null": () => reportError(null),
  "throw in Worker": () => startWorker("throw"),
  "throw and reject": () => {
    setTimeout(fail, 1);
    Promise.reject(new Error("gone"));
  },
  exit: () => Deno.exit(3),
  "set exit code": () => Deno.exitCode = 3,
  "keep alive": () => keepAlive(),
  "do not keep alive": () => Deno.unrefTimer(keepAlive()),
  "print alive": () =>
    setTimeout(() => {
      console.log("alive");
      Deno.exit();
    }, 500),
  "wait for signal": () => {
    keepAlive();
    console.log("ready");
  },
  "wait for signal in Worker": () => {
    startWorker("listen").onmessage = ({ data }) => {
      if (data === "ready") return steps["wait for signal"]([]);
      console.log(data);
      Deno.exit(7);
    };
  },
  "send SIGTERM to pid": () => {
    keepAlive();
    console.log("pid", Deno.pid);
    Deno.kill(Deno.pid, "SIGTERM");
  },
  "dispatch events": () => {
    const error = new Error("not thrown");
    const promise = Promise.resolve();
    const cancelable = true;
    for (
      const event of [
        new ErrorEvent("error", { error, cancelable }),
        new ErrorEvent("error", { error: null, cancelable }),
        new ErrorEvent("error", { message: 5 as never, cancelable }),
        new ErrorEvent("error", { message: "Uncaught Error" }),
        new Event("error", { cancelable }),
        new PromiseRejectionEvent("unhandledrejection", { promise }),
        new PromiseRejectionEvent("unhandledrejection", {
          promise,
          cancelable,
        }),
      ]
    ) dispatchEvent(event);
  },
};

// Without a top-level await: with one, reportError() crashes Deno 2.0 and 2.5.
for (const step of plan.split(", ")) {
  const [name, signals] = step.split(": ");
  steps[name]((signals?.split(" ") ?? []) as Deno.Signal[]);
}
