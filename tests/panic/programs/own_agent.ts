// Installs a panic handler for an object of its own, which needs no permission, and
// waits for a signal.

import { installPanicHandler } from "../../../mod.ts";

installPanicHandler(
  {
    beatTerminal() {
      console.log("terminal");
      return { kind: "sent" };
    },
  },
  {
    signals: ["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2"],
  },
);
setTimeout(() => {}, 60_000);
console.log("ready");
