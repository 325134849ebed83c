/**
 * Tells an observer that this Deno process is alive. An agent sends 32-byte
 * datagrams (beats) to the observer, `varta-watch`, over a Unix socket or over UDP.
 * The observer notices when the beats stop.
 *
 * - {@linkcode Varta.connect} connects an agent to an observer.
 * - {@linkcode startHeartbeat} sends a beat at every interval.
 * - {@linkcode installPanicHandler} sends the terminal beat when an uncaught error
 *   ends the process.
 * - {@linkcode encodeFrame} and {@linkcode decodeFrame} convert beats to bytes and
 *   back. They need no permission; the others need `--allow-ffi`.
 *
 * `@varta/client/observer` is an observer for tests, `@varta/client/systemd` pings
 * the watchdog of systemd, and `@varta/client/cli` is the command line.
 *
 * @example Beat every second
 * ```ts ignore
 * import { startHeartbeat, Varta } from "@varta/client";
 *
 * const agent = Varta.connect("/tmp/varta.sock", {
 *   version: 2, // of the protocol: the one of varta-watch 0.2.0
 *   lazy: true, // the observer may start later
 *   reconnectAfter: 1, // find the observer again after it restarts
 * });
 * startHeartbeat(agent, { interval: 1_000, ref: true });
 * ```
 *
 * @example Beat to an observer of your own, in a test
 * ```ts
 * import { Status, Varta } from "@varta/client";
 * import { Observer } from "@varta/client/observer";
 * import { assertEquals } from "@std/assert";
 *
 * const path = `/tmp/varta-${Deno.pid}.sock`;
 * using observer = Observer.bind(path);
 * using agent = Varta.connect(path, { version: 2 });
 *
 * assertEquals(agent.beat(Status.Ok).kind, "sent");
 * assertEquals(observer.receive()?.kind, "beat");
 * ```
 *
 * @module
 */

export {
  BeatError,
  type BeatOutcome,
  type BeatSender,
  classifySendError,
  type DropReason,
} from "./src/agent/outcome.ts";
export type { ConnectOptions, UdpOptions } from "./src/agent/options.ts";
export * from "./src/agent/varta.ts";
export type { SecureUdpKey } from "./src/endpoint/secure_udp.ts";
export type { UdpAddress } from "./src/endpoint/udp.ts";
export {
  DecodeError,
  type DecodeErrorReason,
  decodeFrame,
} from "./src/frame/decode_frame.ts";
export * from "./src/frame/encode_frame.ts";
export * from "./src/frame/frame.ts";
export * from "./src/frame/status.ts";
export type { HeartbeatCounters } from "./src/heartbeat/counters.ts";
export * from "./src/heartbeat/heartbeat.ts";
export type { CheckResult, HeartbeatOptions } from "./src/heartbeat/options.ts";
export * from "./src/panic/panic_handler.ts";
