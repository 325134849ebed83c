/**
 * A Worker of `worker_pool.ts`. It closes its agent before it ends, because
 * otherwise the socket would stay open until the process ends.
 *
 * @module
 */

import { startHeartbeat, Status, Varta } from "jsr:@varta/client";

declare const self: Worker & { readonly name: string };

const agent = Varta.connect("/tmp/varta.sock", {
  version: 2,
  lazy: true,
  reconnectAfter: 1,
  nonce: "clock",
});
const heartbeat = startHeartbeat(agent, {
  interval: 1_000,
  check: () => ({ status: Status.Ok, payload: Number(self.name) }),
});

self.onmessage = ({ data }: MessageEvent<number | "close">) => {
  if (data === "close") {
    heartbeat.stop();
    agent.close();
    self.postMessage("closed");
  } else {
    self.postMessage(`${countPrimes(data)} primes below ${data}`);
  }
};

function countPrimes(limit: number): number {
  const isComposite = new Uint8Array(limit);
  let count = 0;
  for (let i = 2; i < limit; i++) {
    if (isComposite[i]) continue;
    count++;
    for (let j = i * i; j < limit; j += i) isComposite[j] = 1;
  }
  return count;
}
