/**
 * An HTTP server with a heartbeat. A request for `/block` blocks its event loop
 * for good.
 *
 * @module
 */

import { startHeartbeat, Varta } from "../../../mod.ts";

const [path, interval] = Deno.args;

Deno.serve({ hostname: "127.0.0.1", port: 0, onListen }, ({ url }) => {
  if (!url.endsWith("/block")) return new Response("Hello");
  console.log("blocks");
  for (;;);
});

function onListen({ port }: Deno.NetAddr): void {
  console.log(`listens ${port}`);
  const agent = Varta.connect(path, { version: 2 });
  let hasBeaten = false;
  startHeartbeat(agent, {
    interval: Number(interval),
    onOutcome({ kind }) {
      if (kind === "sent" && !hasBeaten) console.log("beats");
      hasBeaten ||= kind === "sent";
    },
  });
}
