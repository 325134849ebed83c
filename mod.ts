/**
 * An agent of the Varta health protocol: over a Unix socket on the same host, or
 * over UDP, plain or sealed, it sends 32-byte datagrams (beats) to an observer,
 * `varta-watch`, which notices when they stop.
 *
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

export * from "./src/agent/beat_error.ts";
export type * from "./src/agent/outcome.ts";
export { classifySendError } from "./src/agent/classify_send_error.ts";
export type { ConnectOptions } from "./src/agent/connect_options.ts";
export * from "./src/frame/decode_error.ts";
export { decodeFrame } from "./src/frame/decode_frame.ts";
export * from "./src/frame/encode_frame.ts";
export type * from "./src/frame/frame.ts";
export type * from "./src/heartbeat/heartbeat_types.ts";
export type { CheckResult, HeartbeatOptions } from "./src/heartbeat/options.ts";
export * from "./src/panic/panic_handler.ts";
export { FRAME_LENGTH, MAGIC, NONCE_TERMINAL } from "./src/frame/_layout.ts";
export type { PanicHandlerOptions } from "./src/panic/options.ts";
export type * from "./src/endpoint/secure_udp_key.ts";
export * from "./src/heartbeat/heartbeat.ts";
export * from "./src/frame/status.ts";
export type { UdpAddress } from "./src/endpoint/udp_address.ts";
export type * from "./src/agent/udp_options.ts";
export { Varta } from "./src/agent/varta.ts";
export type * from "./src/frame/vlp_version.ts";
