// Prints the watchdog, or the error that connecting to it throws.

import { SystemdWatchdog } from "../../../src/systemd/mod.ts";

try {
  console.log(SystemdWatchdog.connect());
} catch (error) {
  console.log(String(error));
}
