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

export * from "./src/beat_error.ts";
export type * from "./src/beat_outcome.ts";
export { classifySendError } from "./src/classify_send_error.ts";
export type { ConnectOptions } from "./src/connect_options.ts";
export * from "./src/decode_error.ts";
export { decodeFrame } from "./src/decode_frame.ts";
export * from "./src/encode_frame.ts";
export type * from "./src/frame.ts";
export type * from "./src/heartbeat.ts";
export type { CheckResult, HeartbeatOptions } from "./src/heartbeat_options.ts";
export * from "./src/install_panic_handler.ts";
export { FRAME_LENGTH, MAGIC, NONCE_TERMINAL } from "./src/layout.ts";
export type { PanicHandlerOptions } from "./src/panic_handler_options.ts";
export type * from "./src/secure_udp_key.ts";
export * from "./src/start_heartbeat.ts";
export * from "./src/status.ts";
export type { UdpAddress } from "./src/udp_address.ts";
export type * from "./src/udp_options.ts";
export { Varta } from "./src/varta.ts";
export type * from "./src/vlp_version.ts";
