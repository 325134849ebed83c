import type { DropReason } from "../agent/outcome.ts";

/**
 * What became of a heartbeat's beats so far.
 *
 * @example
 * ```ts
 * import type { HeartbeatCounters } from "@varta/client";
 * import { assertEquals } from "@std/assert";
 *
 * function lost({ dropped, failed }: Pick<HeartbeatCounters, "dropped" | "failed">) {
 *   return Object.values(dropped).reduce((sum, count) => sum + count, failed);
 * }
 *
 * const dropped = {
 *   "kernel-queue-full": 2,
 *   "no-observer": 1,
 *   "peer-gone": 0,
 *   "storage-full": 0,
 *   "out-of-memory": 0,
 * };
 * assertEquals(lost({ dropped, failed: 1 }), 4);
 * ```
 */
export interface HeartbeatCounters {
  /** Beats that the kernel took. */
  readonly sent: number;
  /** Beats that were dropped, by the reason. */
  readonly dropped: Readonly<Record<DropReason, number>>;
  /** Beats that failed, which those of a closed agent do. */
  readonly failed: number;
  /** How often the agent has reconnected since the heartbeat began. */
  readonly reconnects: number;
  /** Beats whose timer came later than `maxLag`. */
  readonly late: number;
  /** How late the last timer came, in milliseconds. */
  readonly lag: number;
}

/**
 * A heartbeat at work, until it is stopped.
 *
 * @example
 * ```ts
 * import { type Heartbeat, startHeartbeat, Varta } from "@varta/client";
 * import { Observer } from "@varta/client/observer";
 * import { assertEquals } from "@std/assert";
 *
 * const path = `/tmp/varta-${Deno.pid}.sock`;
 * using _observer = Observer.bind(path);
 * using agent = Varta.connect(path);
 * const heartbeat: Heartbeat = startHeartbeat(agent, { interval: 1_000 });
 * assertEquals(heartbeat.counters.sent, 1);
 * heartbeat.stop();
 * ```
 */
export interface Heartbeat extends Disposable {
  /** What became of the beats so far; the object is always the same. */
  readonly counters: HeartbeatCounters;
  /** Ends it; the agent stays open. Stopping it again does nothing. */
  stop(): void;
}
