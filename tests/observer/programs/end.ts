// Runs a loop of an observer at the path in the first argument, until the process
// ends in the way that the second argument names.

import { Observer } from "../../../src/observer/mod.ts";

const [path, ending] = Deno.args;
const observer = Observer.bind(path);
const endings: Record<string, () => void> = {
  close: () => observer.close(),
  exit: () => Deno.exit(3),
  kill: () => Deno.kill(Deno.pid, "SIGKILL"),
  throw: () => {
    throw new Error("thrown at the end");
  },
};
setTimeout(endings[ending], 50);
for await (const _ of observer);
