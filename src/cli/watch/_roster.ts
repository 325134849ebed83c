import { type Frame, NONCE_TERMINAL } from "../../frame/frame.ts";
import { protocolOf } from "../../frame/_protocol.ts";
import { Status } from "../../frame/status.ts";
import type { ProcessState } from "../../../ffi/process/proc.ts";
import type { Peer, Rejection } from "../../observer/mod.ts";
import { escapeControls } from "../_text.ts";
import type { Death, WatchEvent } from "./_event.ts";
import { History, Rate } from "./_history.ts";

/** The most agents that are kept. Those silent for longest are removed. */
const MAX_AGENTS = 16_384;

/** The most agents of a kind of end that are kept. The others are only counted. */
const MAX_EXITED = 1_024;

/** The most senders of rejected datagrams that are kept, with each reason. */
const MAX_REJECTIONS = 256;

/** The time between two searches for agents whose process has ended, in ms. */
const SEARCH_INTERVAL = 1_000;

/** The most processes that a search inspects: it takes some 10 µs for each. */
const MAX_INSPECTIONS = 256;

/** An agent whose datagrams have arrived. */
export interface Agent {
  readonly pid: number;
  /**
   * - `"beating"`: beats arrive.
   * - `"stalled"`: no beat arrived for the threshold.
   * - `"rejected"`: neither, but datagrams arrive that are rejected.
   * - `"ended"`: the terminal beat arrived.
   * - `"gone"`: no beat arrived for the threshold, and its process has ended.
   */
  state: "beating" | "stalled" | "rejected" | "ended" | "gone";
  /** The last beat; `undefined` if all have been rejected. */
  last: Frame | undefined;
  /** When the last beat arrived, in ms. */
  at: number;
  /** How many beats are missing between those that arrived. */
  lost: bigint;
  /** How often it has stalled. */
  stalls: number;
  /** When its last rejected datagram arrived, in ms. */
  rejectedAt: number;
  /** Why that was rejected. */
  reason: Rejection["reason"] | undefined;
  /** The sender by the kernel's attestation, if there is one. */
  peer: Peer | undefined;
  /** What was known about its process at its first datagram. */
  process: ProcessState;
  /** The name of the process without control characters. */
  name: string | undefined;
  readonly rate: Rate;
  readonly history: History;
}

/** How many datagrams of a sender were rejected for a reason. */
export interface RejectionCount {
  /** The pid of the sender; `undefined` if the system does not tell. */
  readonly pid: number | undefined;
  name: string | undefined;
  readonly reason: Rejection["reason"];
  count: number;
}

/** Returns how severe the state of an agent is. A larger number is worse. */
export function severityOf({ state, last }: Agent): Status {
  return state === "beating" || state === "ended" ? last!.status : Status.Stall;
}

/** The totals at the beginning. */
const nothing = {
  agents: 0,
  gone: 0,
  ended: 0,
  beats: 0,
  lost: 0n,
  stalls: 0,
  rejected: 0,
};

/** The state of all agents, from their events. Each time is given, in ms. */
export class Roster {
  readonly threshold: number;
  readonly #inspect: (pid: number) => ProcessState;
  // In the order of their last beats.
  readonly #live = new Map<number, Agent>();
  // In the order of their ends.
  readonly #exited = {
    gone: new Map<number, Agent>(),
    ended: new Map<number, Agent>(),
  };
  readonly #rejections = new Map<string, RejectionCount>();
  readonly #totals = { ...nothing };
  #searchedAt = -Infinity;
  #searches = 0;

  /**
   * @param threshold The silence that is a stall, in ms.
   * @param inspect Returns what is known about the process with a pid.
   */
  constructor(threshold: number, inspect: (pid: number) => ProcessState) {
    this.threshold = threshold;
    this.#inspect = inspect;
  }

  /** The agents that have not exited, the longest silent first. */
  get live(): readonly Agent[] {
    return [...this.#live.values()];
  }

  /**
   * The agents that have exited: those without a terminal beat first, and of each
   * kind the 1,024 that exited last, the latest first.
   */
  get exited(): readonly Agent[] {
    const { gone, ended } = this.#exited;
    return [gone, ended].flatMap((agents) => [...agents.values()].reverse());
  }

  /** The counts since the roster was created; of the exited agents, the current. */
  get totals(): Readonly<typeof nothing> {
    return this.#totals;
  }

  /** The senders of rejected datagrams, the most frequent first. */
  get rejections(): readonly RejectionCount[] {
    return [...this.#rejections.values()].sort((a, b) => b.count - a.count);
  }

  /** Returns the agent with this pid, if it is kept. */
  find(pid: number | undefined): Agent | undefined {
    const { gone, ended } = this.#exited;
    return this.#live.get(pid!) ?? gone.get(pid!) ?? ended.get(pid!);
  }

  /** Updates the agents by an event. Returns the death that it reveals, if any. */
  add(event: WatchEvent, now: number): Death | undefined {
    switch (event.kind) {
      case "beat":
        return this.#addBeat(event.frame, event.peer, now);
      case "rejected":
        return this.#addRejection(event, now);
      case "stalled":
        return this.#addStall(this.#live.get(event.pid), now);
        // The beats of the other changes are events too.
    }
  }

  /** Finds the agents that have died since they stalled. */
  search(now: number): Death[] {
    if (now - this.#searchedAt < SEARCH_INTERVAL) return [];
    this.#searchedAt = now;
    const silent = this.live.filter((agent) =>
      agent.state === "stalled" ||
      agent.state === "rejected" && !this.#isRejectedAt(agent, now)
    );
    const first = this.#searches++ * MAX_INSPECTIONS % (silent.length || 1);
    const next = [...silent.slice(first), ...silent.slice(0, first)];
    return next.slice(0, MAX_INSPECTIONS).flatMap((agent) => {
      if (agent.last !== undefined) agent.state = "stalled";
      return this.#isRunning(agent) ? [] : this.#end(agent, now) ?? [];
    });
  }

  #addBeat(last: Frame, peer: Peer | undefined, now: number): undefined {
    const { pid } = last;
    const agent = this.#take(pid, now);
    if (agent.last === undefined) this.#totals.agents++;
    else {
      const lost = lostBetween(agent.last, last);
      agent.lost += lost;
      this.#totals.lost += lost;
    }
    this.#totals.beats++;
    agent.state = "beating";
    agent.last = last;
    agent.at = now;
    agent.peer = peer;
    agent.rate.add(now);
    agent.history.add(last.status, now);

    if (last.nonce === NONCE_TERMINAL) return this.#exit(agent, "ended");
    this.#live.set(pid, agent);
    if (this.#live.size > MAX_AGENTS) removeFirst(this.#live);
  }

  #addRejection({ reason, peer }: Rejection, now: number): undefined {
    this.#totals.rejected++;
    const pid = peer?.pid;
    const key = `${pid} ${reason}`;
    const rejection = this.#rejections.get(key) ??
      { pid, name: undefined, reason, count: 0 };
    rejection.count++;
    this.#rejections.delete(key);
    this.#rejections.set(key, rejection);
    if (this.#rejections.size > MAX_REJECTIONS) removeFirst(this.#rejections);
    if (pid === undefined) return;
    // Senders of anything must not replace agents.
    if (!this.find(pid) && this.#live.size >= MAX_AGENTS) return;
    const agent = this.#take(pid, now);
    agent.rejectedAt = now;
    agent.reason = reason;
    agent.peer = peer;
    if (agent.state !== "beating") agent.state = "rejected";
    this.#live.set(pid, agent);
    rejection.name = agent.name;
  }

  /** Takes an agent out of where it is kept, or creates it. */
  #take(pid: number, now: number): Agent {
    const agent = this.find(pid) ?? createAgent(pid, now);
    const { state } = agent;
    if (state === "ended" || state === "gone") {
      this.#exited[state].delete(pid);
      this.#totals[state]--;
    } else if (this.#live.delete(pid)) return agent;
    // A pid that had exited may be another process by now.
    agent.process = this.#inspect(pid);
    const { name } = agent.process;
    // Of a process that has ended already, the system may not tell the name.
    if (name !== undefined) agent.name = escapeControls(name);
    return agent;
  }

  #addStall(agent: Agent | undefined, now: number): Death | undefined {
    if (agent?.state !== "beating") return undefined;
    agent.history.addStall(now);
    if (!this.#isRunning(agent)) return this.#end(agent, now);
    agent.state = this.#isRejectedAt(agent, now) ? "rejected" : "stalled";
    agent.stalls++;
    this.#totals.stalls++;
  }

  #isRejectedAt({ rejectedAt }: Agent, now: number): boolean {
    return now - rejectedAt < this.threshold;
  }

  #isRunning({ pid, process: { started } }: Agent): boolean {
    const process = this.#inspect(pid);
    return process.isRunning && process.started === started;
  }

  /** Removes an agent whose process has ended. One that never beat has not died. */
  #end(agent: Agent, now: number): Death | undefined {
    const { pid, last, at } = agent;
    this.#live.delete(pid);
    if (last === undefined) return undefined;
    this.#exit(agent, "gone");
    return { kind: "gone", pid, last, silence: now - at };
  }

  #exit(agent: Agent, state: "ended" | "gone"): undefined {
    agent.state = state;
    this.#totals[state]++;
    this.#exited[state].set(agent.pid, agent);
    if (this.#exited[state].size > MAX_EXITED) removeFirst(this.#exited[state]);
  }
}

function createAgent(pid: number, now: number): Agent {
  return {
    pid,
    state: "rejected",
    last: undefined,
    at: -Infinity,
    lost: 0n,
    stalls: 0,
    rejectedAt: -Infinity,
    reason: undefined,
    peer: undefined,
    process: { isRunning: true },
    name: undefined,
    rate: new Rate(),
    history: new History(now),
  };
}

function removeFirst<K>(map: Map<K, unknown>): void {
  const [first] = map.keys();
  map.delete(first);
}

/** An agent does not beat more often than once in so many ns. */
const MIN_INTERVAL = 100n;

/**
 * Returns how many beats of an agent are missing between two beats, by their
 * nonces. After a nonce that does not increase, the agent has started again, and
 * its losses are unknown.
 */
export function lostBetween(before: Frame, after: Frame): bigint {
  // The terminal nonce is not a count. After it, the agent starts again.
  if (
    before.nonce === NONCE_TERMINAL || after.nonce === NONCE_TERMINAL
  ) return 0n;
  let step = after.nonce - before.nonce;
  // Serial number arithmetic, as in RFC 1982.
  if (protocolOf(after.version).nonceWraps && step < -NONCE_TERMINAL / 2n) {
    step += NONCE_TERMINAL;
  }
  if (step <= 1n) return 0n;
  // If the nonces are as far apart as the times, the agent sends the time.
  const elapsed = after.timestamp - before.timestamp;
  return step * MIN_INTERVAL > elapsed ? 0n : step - 1n;
}
