// Beats over UDP in a network namespace of its own, in which it changes routes
// and addresses. Prints the results of the situation that the first argument
// names. The second argument is an address without a route.

import type { SystemError } from "../../../ffi/failure.ts";
import { Status, Varta } from "../../../mod.ts";
import { describeOutcome } from "../../support/outcomes.ts";

const [situation, unreachable] = Deno.args;
const OBSERVER = "198.51.100.1:9000";

function ip(command: string): void {
  const args = command.split(" ");
  const { success } = new Deno.Command("ip", { args }).outputSync();
  if (!success) throw new Error(`ip ${command} failed`);
}

/** Returns what an action that fails throws: its class, code, call and message. */
function errorOf(action: () => unknown): string[] {
  try {
    action();
    return [];
  } catch (error) {
    const { name, code, syscall, message } = error as SystemError;
    return [name, code, syscall, message];
  }
}

function beat(agent: Varta): string[] {
  const outcome = agent.beat(Status.Ok);
  const message = outcome.kind === "failed" ? [outcome.error.message] : [];
  return [describeOutcome(outcome), ...message];
}

const situations: Record<string, () => string[][]> = {
  "no route": () => [errorOf(() => Varta.connectUdp(unreachable))],

  "route removed"() {
    ip("address add 192.0.2.9/32 dev lo");
    ip("route add 198.51.100.0/24 dev lo");
    using agent = Varta.connectUdp(OBSERVER, { reconnectAfter: 1 });
    const results = [beat(agent)];
    ip("route del 198.51.100.0/24");
    results.push(beat(agent), errorOf(() => agent.reconnect()), beat(agent));
    ip("route add 198.51.100.0/24 dev lo");
    return [...results, beat(agent)];
  },

  "address changed"() {
    ip("address add 192.0.2.9/32 dev lo");
    ip("route add 198.51.100.0/24 dev lo src 192.0.2.9");
    using agent = Varta.connectUdp(OBSERVER);
    const results = [beat(agent)];
    ip("address del 192.0.2.9/32 dev lo");
    ip("address add 192.0.2.10/32 dev lo");
    ip("route replace 198.51.100.0/24 dev lo src 192.0.2.10");
    results.push(beat(agent));
    agent.reconnect();
    return [...results, beat(agent)];
  },
};

ip("link set lo up");
console.log(JSON.stringify(situations[situation]()));
