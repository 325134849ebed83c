/**
 * An observer of the Varta Lifeline Protocol, for tests, for development and for a
 * single small host. It receives the beats of agents and reports when they stop.
 * For production, use the Rust crate `varta-watch`.
 *
 * @example Receive a beat
 * ```ts
 * import { Status, Varta } from "@varta/client";
 * import { Observer } from "@varta/client/observer";
 * import { assertEquals } from "@std/assert";
 *
 * const path = `/tmp/varta-${Deno.pid}.sock`;
 * using observer = Observer.bind(path);
 * using agent = Varta.connect(path, { version: 2 });
 * agent.beat(Status.Degraded, 17);
 *
 * for await (const observation of observer) {
 *   if (observation.kind === "rejected") throw new Error(observation.reason);
 *   assertEquals(observation.frame.payload, 17n);
 *   break;
 * }
 * ```
 *
 * @module
 */

export type { DecodeError, DecodeErrorReason } from "../frame/decode_frame.ts";
export type { Frame, VlpVersion } from "../frame/frame.ts";
export type * from "./observation.ts";
export * from "./observer.ts";
