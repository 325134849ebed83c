// Sends the number that it receives as its status.

import { notify } from "../../../src/systemd/mod.ts";

declare const self: {
  onmessage(event: MessageEvent<number>): void;
  postMessage(isSent: boolean): void;
};

self.onmessage = ({ data }) => {
  self.postMessage(notify({ status: String(data) }));
};
