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
 * ```ts
 * import { startHeartbeat, Varta } from "@varta/client";
 * import { Observer } from "@varta/client/observer";
 * import { assertEquals } from "@std/assert";
 *
 * // In production, varta-watch has bound the socket.
 * const path = `/tmp/varta-${Deno.pid}.sock`;
 * using _observer = Observer.bind(path);
 *
 * using agent = Varta.connect(path, { reconnectAfter: 3 });
 * using heartbeat = startHeartbeat(agent, { interval: 1_000 });
 * assertEquals(heartbeat.counters.sent, 1);
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
export * from "./src/heartbeat/heartbeat.ts";
export * from "./src/panic/panic_handler.ts";
