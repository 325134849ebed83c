import type { Controls } from "./_controls.ts";
import { type Agent, type Roster, severityOf } from "./_roster.ts";
import { stateOf } from "./_table.ts";

/** The time between two orders, in ms: rows that move faster cannot be read. */
const INTERVAL = 1_000;

/** The agents that a table shows, in its order. */
export class Selection {
  /** Those that have not exited, or had not when the order was frozen. */
  live: readonly Agent[] = [];
  /** Those that have, the ones without a terminal beat first. */
  exited: readonly Agent[] = [];
  #all: Agent[] = [];
  #at = -Infinity;
  #choice = "";

  /** Selects and orders anew if a second has passed, or if the user has chosen. */
  update(roster: Roster, controls: Controls, now: number): void {
    const { order, filter, isFrozen } = controls;
    const choice = `${order} ${isFrozen} ${filter}`;
    if (now - this.#at < INTERVAL && choice === this.#choice) return;
    this.#at = now;
    this.#choice = choice;

    const { live } = roster;
    const known = new Set(isFrozen ? this.#all : []);
    const added = live.filter((agent) => !known.has(agent));
    this.#all = [...known, ...sort(added, order, now)];
    const wanted = filter.toLowerCase();
    const isWanted = (agent: Agent) =>
      [String(agent.pid), agent.name ?? "", stateOf(agent)]
        .some((text) => text.toLowerCase().includes(wanted));
    this.live = this.#all.filter(isWanted);
    this.exited = roster.exited.filter((agent) =>
      !known.has(agent) && isWanted(agent)
    );
  }
}

function sort(agents: Agent[], order: Controls["order"], now: number): Agent[] {
  // Larger values are first, and the same values by the pid.
  const valueOf: (agent: Agent) => number = {
    "severity": severityOf,
    "pid": () => 0,
    "age": ({ at }: Agent) => now - at,
    "rate": ({ rate }: Agent) => rate.at(now) ?? 0,
    "lost beats": ({ lost }: Agent) => Number(lost),
    "stalls": ({ stalls }: Agent) => stalls,
  }[order];
  const values = new Map(agents.map((agent) => [agent, valueOf(agent)]));
  return agents.sort((a, b) => {
    const [first, second] = [values.get(a)!, values.get(b)!];
    // Not the difference, which is NaN for two that are infinite.
    return first === second ? a.pid - b.pid : first < second ? 1 : -1;
  });
}
