import type { Frame } from "../frame/frame.ts";

/**
 * A turn in what an observer hears of an agent: it stalled, returned or ended.
 *
 * @see {@linkcode Observer.stalls} of `@varta/client/observer`
 *
 * @example
 * ```ts
 * import { Status, Varta } from "@varta/client";
 * import { Observer, type StallChange } from "@varta/client/observer";
 * import { assertEquals } from "@std/assert";
 *
 * const path = `/tmp/varta-${Deno.pid}.sock`;
 * using observer = Observer.bind(path);
 * using agent = Varta.connect(path);
 * const changes: AsyncIterator<StallChange> = observer.stalls(50)[Symbol.asyncIterator]();
 * const change = changes.next();
 * agent.beat(Status.Ok);
 *
 * assertEquals((await change).value.kind, "stalled");
 * await changes.return?.();
 * ```
 */
export interface StallChange {
  /**
   * - `"stalled"`: no beat has come for the threshold.
   * - `"returned"`: a beat has come, from an agent that was stalled or had ended.
   * - `"ended"`: the agent's terminal frame has come, so that silence is no stall.
   */
  readonly kind: "stalled" | "returned" | "ended";
  /** The agent's process id. */
  readonly pid: number;
  /** The last frame that has come from it. */
  readonly last: Frame;
  /**
   * How long nothing had come from it, in ms: up to now where it is stalled,
   * else up to the last frame.
   */
  readonly silence: number;
}
