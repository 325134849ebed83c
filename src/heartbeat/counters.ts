import type { BeatOutcome, BeatSender, DropReason } from "../agent/outcome.ts";

/** What a heartbeat has done so far. */
export interface HeartbeatCounters {
  /** Beats that the kernel took. */
  readonly sent: number;
  /** Beats that were dropped, by reason. */
  readonly dropped: Readonly<Record<DropReason, number>>;
  /** Beats that failed, for example those of a closed agent. */
  readonly failed: number;
  /** The number of reconnects of all agents since the heartbeat began. */
  readonly reconnects: number;
  /** Timers that were later than `maxLag`. */
  readonly late: number;
  /** How late the last timer was, in milliseconds. */
  readonly lag: number;
}

export type Counters = ReturnType<typeof createCounters>;

export function createCounters(agents: readonly BeatSender[]) {
  const senders = new Set<BeatSender & { readonly reconnects?: unknown }>(
    agents,
  );
  const countReconnects = () => {
    let sum = 0;
    for (const { reconnects } of senders) {
      if (typeof reconnects === "number") sum += reconnects;
    }
    return sum;
  };
  const before = countReconnects();
  const counters = {
    sent: 0,
    dropped: {
      "kernel-queue-full": 0,
      "no-observer": 0,
      "peer-gone": 0,
      "storage-full": 0,
      "out-of-memory": 0,
    } satisfies Record<DropReason, number>,
    failed: 0,
    get reconnects() {
      return countReconnects() - before;
    },
    late: 0,
    lag: 0,
  };
  // Without this, console.log would show a getter instead of its value.
  return Object.defineProperty(counters, Symbol.for("Deno.customInspect"), {
    __proto__: null, // a program may have added a "get" to Object.prototype
    value: (inspect: typeof Deno.inspect, options: Deno.InspectOptions) =>
      inspect({ ...counters }, options),
  } as PropertyDescriptor);
}

/** @throws {TypeError} If it is no outcome: a user's own `beat` may return anything. */
export function count(outcome: BeatOutcome, counters: Counters): void {
  const { dropped } = counters;
  if (outcome?.kind === "sent" || outcome?.kind === "failed") {
    counters[outcome.kind]++;
  } else if (Object.hasOwn(dropped, outcome?.reason)) {
    dropped[outcome.reason]++;
  } else {
    throw new TypeError("beat() must return an outcome");
  }
}
