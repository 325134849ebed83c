/**
 * Ends with a terminal beat. The third argument says how: by an uncaught error, by
 * SIGKILL at once, or, after a first beat, by the SIGTERM for which it waits.
 *
 * @module
 */

import {
  installPanicHandler,
  Status,
  Varta,
  type VlpVersion,
} from "../../../mod.ts";

const [path, version, ending] = Deno.args;
const agent = Varta.connect(path, { version: Number(version) as VlpVersion });
installPanicHandler(agent, { signals: ["SIGTERM"] });

switch (ending) {
  case "throw":
    throw new Error("uncaught");
  case "kill":
    agent.beat(Status.Ok);
    agent.beatTerminal();
    Deno.kill(Deno.pid, "SIGKILL");
    break;
  case "wait":
    agent.beat(Status.Ok);
    setInterval(() => {}, 60_000);
}
