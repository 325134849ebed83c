/**
 * Beats to an observer on another host, sealed with a key. The file of the key has
 * 64 hexadecimal digits, as `varta-watch --key-file` reads it. It needs Deno 2.7.10
 * or later. It prints each beat that is not sent.
 *
 * `sent` only means that this host has sent the beat. With `reconnectAfter: 1`, a
 * beat that the other host refuses is sent again.
 *
 * ```sh
 * openssl rand -hex 32 > varta.key
 * deno run --allow-ffi --allow-read=varta.key tests/examples/sealed_udp.ts
 * ```
 *
 * @module
 */

import { startHeartbeat, Varta } from "jsr:@varta/client";

const text = Deno.readTextFileSync("varta.key").trim();
if (!/^[\da-f]{64}$/i.test(text)) {
  throw new Error("Cannot read the key: the file must have 64 hex digits");
}
const key = Uint8Array.from(text.match(/../g)!, (byte) => parseInt(byte, 16));
const agent = Varta.connectSecureUdp("127.0.0.1:9000", { key }, {
  reconnectAfter: 1,
});
key.fill(0); // the agent has a copy

startHeartbeat(agent, {
  interval: 1_000,
  ref: true,
  onOutcome: (outcome) => {
    if (outcome.kind !== "sent") console.error(outcome);
  },
});
