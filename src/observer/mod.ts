/**
 * An observer of the Varta health protocol, for tests, for development and for
 * one small host: it receives the beats of agents, and tells when they stop. In
 * production, that is the work of the Rust crate `varta-watch`.
 *
 * ```ts
 * import { Status, Varta } from "@varta/client";
 * import { Observer } from "@varta/client/observer";
 * import { assertEquals } from "@std/assert";
 *
 * const path = `/tmp/varta-${Deno.pid}.sock`;
 * using observer = Observer.bind(path);
 * using agent = Varta.connect(path);
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

export type * from "../frame/decode_error.ts";
export type * from "../frame/frame.ts";
export type * from "../frame/vlp_version.ts";
export type * from "./observation.ts";
export * from "./observer.ts";
export type { ObserverOptions } from "./observer_options.ts";
export type * from "./stall_change.ts";
