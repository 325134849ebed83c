/**
 * An agent of the Varta health protocol. It sends 32-byte datagrams (beats) to an
 * observer, `varta-watch`, over a Unix socket or over UDP. The observer notices
 * when the beats stop.
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
