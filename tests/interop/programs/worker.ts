/**
 * A Worker that connects an agent, and beats once for each message.
 *
 * @module
 */

import { Status, Varta, type VlpVersion } from "../../../mod.ts";

declare const self: Worker;

let agent: Varta | undefined;

self.onmessage = ({ data }: MessageEvent<[string, VlpVersion] | "beat">) => {
  if (data !== "beat") {
    const [path, version] = data;
    agent = Varta.connect(path, { version, nonce: "clock" });
  }
  self.postMessage(agent!.beat(Status.Ok).kind);
};
