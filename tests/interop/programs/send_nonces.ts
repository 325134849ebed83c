/**
 * Sends a frame for each nonce, and keeps its pid until stdin is closed. The
 * arguments are the path, the version, and the nonces.
 *
 * @module
 */

import { setTimeout as delay } from "node:timers/promises";
import { DatagramSocket } from "../../../ffi/datagram_socket.ts";
import { isFailure } from "../../../ffi/failure.ts";
import { unixAddress } from "../../../ffi/socket_address.ts";
import { encodeFrame, NONCE_TERMINAL, Status } from "../../../mod.ts";
import type { VlpVersion } from "../../../mod.ts";

const [path, version, ...nonces] = Deno.args;
const socket = new DatagramSocket(unixAddress(path));
for (const nonce of nonces.map(BigInt)) {
  const words = new Uint32Array(8);
  encodeFrame({
    version: Number(version) as VlpVersion,
    status: nonce === NONCE_TERMINAL ? Status.Critical : Status.Ok,
    pid: Deno.pid,
    timestamp: 0n,
    nonce,
    payload: 0n,
  }, new Uint8Array(words.buffer));
  // The queue of the observer may be full.
  while (isFailure(socket.send({ words, length: 32n }))) await delay(1);
}
console.log("sent");
await Deno.stdin.read(new Uint8Array(1));
