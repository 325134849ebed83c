// A Worker that tries to install a panic handler, and prints the error.

import { installPanicHandler } from "../../../mod.ts";

try {
  installPanicHandler({ beatTerminal: () => ({ kind: "sent" }) });
  console.log("installed");
} catch (error) {
  console.log(`${error}`);
}
Deno.exit(); // ends this Worker only
