// Raises the signal with the number in the argument, though something listens to it.

import { raiseDefault } from "../../../ffi/process/signals.ts";

Deno.addSignalListener("SIGTERM", () => console.log("called"));
Deno.addSignalListener("SIGUSR2", () => console.log("called"));
raiseDefault(Number(Deno.args[0]));
console.log("returned");
