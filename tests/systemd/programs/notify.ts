// Prints the result of a notification, or the error that it throws.

import { notify } from "../../../src/systemd/mod.ts";

try {
  console.log(notify({ ready: true }));
} catch (error) {
  console.log(String(error));
}
