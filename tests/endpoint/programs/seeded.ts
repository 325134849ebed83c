// Beats once over sealed UDP with each of two agents, here and in a Worker. The
// argument is the address.

import { Status, Varta } from "../../../mod.ts";

const key = new Uint8Array(32).fill(0xa7);

function beat(address: string): void {
  for (let i = 0; i < 2; i++) {
    using agent = Varta.connectSecureUdp(address, { key });
    const outcome = agent.beat(Status.Ok);
    if (outcome.kind === "failed") throw outcome.error;
  }
}

if ("DedicatedWorkerGlobalScope" in globalThis) {
  const scope = globalThis as unknown as Worker;
  scope.onmessage = ({ data }) => {
    beat(data);
    scope.postMessage("done");
  };
} else {
  const [address] = Deno.args;
  beat(address);
  const worker = new Worker(import.meta.url, { type: "module" });
  const done = new Promise((resolve) => worker.onmessage = resolve);
  worker.postMessage(address);
  await done;
  worker.terminate();
}
