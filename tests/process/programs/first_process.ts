// Prints its pid, and the outcome of each way to connect, as JSON. The argument is the
// path of an observer.

import { Status, Varta } from "../../../mod.ts";
import { describeOutcome } from "../../support/outcomes.ts";

const [path] = Deno.args;
const ADDRESS = "127.0.0.1:9";
const key = new Uint8Array(32).fill(1);

const ways: Record<string, () => Varta> = {
  "version 1": () => Varta.connect(path, { version: 1 }),
  "version 2": () => Varta.connect(path, { version: 2 }),
  lazy: () => Varta.connect(`${path}.none`, { version: 2, lazy: true }),
  UDP: () => Varta.connectUdp(ADDRESS),
  key: () => Varta.connectSecureUdp(ADDRESS, { key }),
  "master key": () => Varta.connectSecureUdp(ADDRESS, { masterKey: key }),
};

function attempt(connect: () => Varta): string {
  try {
    using agent = connect();
    return describeOutcome(agent.beat(Status.Ok));
  } catch (error) {
    return String(error);
  }
}

const results = Object.fromEntries(
  Object.entries(ways).map(([name, connect]) => [name, attempt(connect)]),
);
console.log(JSON.stringify({ pid: Deno.pid, results }));
