// Prints the error of connectSecureUdp() after the program has replaced `process`.

import { Varta } from "../../../mod.ts";

const key = new Uint8Array(32).fill(1);
const messages = [undefined, null, {}, { getBuiltinModule: () => undefined }]
  .map((process) => {
    Object.assign(globalThis, { process });
    try {
      Varta.connectSecureUdp("127.0.0.1:9", { key });
    } catch (error) {
      return `${error}`;
    }
  });
console.log(JSON.stringify(messages));
