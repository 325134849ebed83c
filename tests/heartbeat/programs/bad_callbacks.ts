// Starts heartbeats with callbacks that behave badly, without stderr if the argument
// says so. Exits with 33 when each heartbeat has beaten ten times.

import {
  type BeatSender,
  type HeartbeatOptions,
  startHeartbeat,
} from "../../../mod.ts";

/** An error that throws when it is inspected. */
class Uninspectable extends Error {
  override get stack(): string {
    throw this;
  }
  get [Symbol.for("Deno.customInspect")](): never {
    throw this;
  }
}

const badCallbacks: (() => never)[] = [
  () => {
    throw new Uninspectable();
  },
  () => Promise.reject(new Uninspectable()) as never,
  () => Promise.reject(new Error("on purpose")) as never,
  () => undefined as never,
  // A thenable that throws.
  () =>
    ({
      get then() {
        throw new Uninspectable();
      },
    }) as never,
];

if (Deno.args[0] === "without stderr") Deno.stderr.close();
if (Deno.args[0] === "with a console that rejects") {
  console.error = badCallbacks[2];
}
let running = 0;

function start(options: Partial<HeartbeatOptions & BeatSender>): void {
  running++;
  let beats = 0;
  const agent: BeatSender = {
    beat(status) {
      if (++beats === 10 && --running === 0) Deno.exit(33);
      return options.beat?.(status) ?? { kind: "sent" };
    },
  };
  startHeartbeat(agent, { interval: 1, ref: true, ...options });
}

for (const callback of badCallbacks) {
  start({ check: callback });
  start({ onOutcome: callback });
  start({ beat: callback });
}
