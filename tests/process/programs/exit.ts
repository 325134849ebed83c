// Beats to the path in the first argument, and then ends in the way that the
// second one names, with the agent open.

import { Status, Varta } from "../../../mod.ts";

const [path, ending] = Deno.args;
const agent = Varta.connect(path);
Object.assign(globalThis, { agent }); // so that it is not collected
agent.beat(Status.Ok);

const endings: Record<string, () => void> = {
  "return": () => {},
  "reconnect": () => agent.reconnect(),
  "beat later": () => setTimeout(() => agent.beat(Status.Ok), 1),
  "clear interval": () => {
    const timer = setInterval(() => clearInterval(timer), 1);
  },
  "exit": () => Deno.exit(3),
  "throw": () => {
    throw new Error("thrown at the end");
  },
};
// It does not keep the process alive, and ends one that something else does.
Deno.unrefTimer(setTimeout(() => Deno.exit(9), 60_000));
endings[ending]();
