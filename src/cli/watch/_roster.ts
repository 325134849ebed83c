import { type Frame, NONCE_TERMINAL } from "../../frame/frame.ts";
import { protocolOf } from "../../frame/_protocol.ts";
import { Status } from "../../frame/status.ts";
import type { Peer, Rejection } from "../../observer/mod.ts";
import type { WatchEvent } from "./_event.ts";
import { History, Rate } from "./_history.ts";

/** The most agents that are kept. Those silent for longest are removed. */
const MAX_AGENTS = 16_384;

/** The most exited agents that are kept. The others are only counted. */
const MAX_EXITED = 1_024;

/** The silence after which an agent is gone if its process is, in thresholds. */
const GONE_AFTER = 10;

/** The time between two searches for agents that are gone, in ms. */
const SEARCH_INTERVAL = 1_000;

/** An agent whose beats have arrived. */
export interface Agent {
  readonly pid: number;
  /**
   * - `"beating"`: beats arrive.
   * - `"stalled"`: no beat arrived for the threshold.
   * - `"ended"`: the terminal beat arrived.
   * - `"gone"`: no beat arrived for ten thresholds, and there is no such process.
   */
  state: "beating" | "stalled" | "ended" | "gone";
  /** The last beat. */
  last: Frame;
  /** When the last beat arrived, in ms. */
  at: number;
  /** How many beats are missing between those that arrived. */
  lost: bigint;
  /** The sender by the kernel's attestation, if there is one. */
  peer: Peer | undefined;
  /** The name of its process, if it is known. */
  name: string | undefined;
  /** When the name was read, in ms. */
  nameAt: number;
  readonly rate: Rate;
  readonly history: History;
}

/** Whether an agent has ended or is gone. */
export function hasExited({ state }: Agent): boolean {
  return state === "ended" || state === "gone";
}

/** Returns how severe the state of an agent is. A larger number is worse. */
export function severityOf({ state, last }: Agent): Status {
  return state === "stalled" || state === "gone" ? Status.Stall : last.status;
}

/** The state of all agents, from their events. Each time is given, in ms. */
export class Roster {
  readonly #silence: number;
  readonly #isRunning: (pid: number) => boolean;
  // Both in the order of their last beats.
  readonly #live = new Map<number, Agent>();
  readonly #exited = new Map<number, Agent>();
  #forgotten = 0;
  #searchedAt = -Infinity;
  #agents = 0;
  #beats = 0;
  #lost = 0n;
  #stalls = 0;
  #rejected = 0;
  #lastReason: Rejection["reason"] | undefined;

  /**
   * @param threshold The silence that is a stall, in ms.
   * @param isRunning Whether there is a process with this pid.
   */
  constructor(threshold: number, isRunning: (pid: number) => boolean) {
    this.#silence = GONE_AFTER * threshold;
    this.#isRunning = isRunning;
  }

  /** The agents that have not exited, the longest silent first. */
  get live(): readonly Agent[] {
    return [...this.#live.values()];
  }

  /** The agents that have exited, except those that were so many later ones ago. */
  get exited(): readonly Agent[] {
    return [...this.#exited.values()];
  }

  /** The agent that exited last. */
  get lastExited(): Agent | undefined {
    let last: Agent | undefined;
    for (last of this.#exited.values());
    return last;
  }

  /** The counts since the roster was created, and that of exited agents. */
  get totals(): {
    readonly agents: number;
    readonly exited: number;
    readonly beats: number;
    readonly lost: bigint;
    readonly stalls: number;
    readonly rejected: number;
  } {
    return {
      agents: this.#agents,
      exited: this.#exited.size + this.#forgotten,
      beats: this.#beats,
      lost: this.#lost,
      stalls: this.#stalls,
      rejected: this.#rejected,
    };
  }

  /** Why the last rejected datagram was rejected. */
  get lastReason(): Rejection["reason"] | undefined {
    return this.#lastReason;
  }

  /** Updates the agents by an event. */
  add(event: WatchEvent, now: number): void {
    switch (event.kind) {
      case "beat":
        return this.#addBeat(event.frame, event.peer, now);
      case "rejected":
        this.#rejected++;
        this.#lastReason = event.reason;
        return;
      case "stalled": {
        this.#stalls++;
        const agent = this.#live.get(event.pid);
        if (agent) agent.state = "stalled";
      }
        // The beats of the other changes are events too.
    }
  }

  /** Finds the agents that are gone. */
  search(now: number): void {
    if (now - this.#searchedAt < SEARCH_INTERVAL) return;
    this.#searchedAt = now;
    for (const agent of this.#live.values()) {
      if (now - agent.at < this.#silence) break;
      if (agent.state === "stalled" && !this.#isRunning(agent.pid)) {
        this.#exit(agent, "gone");
      }
    }
  }

  #addBeat(last: Frame, peer: Peer | undefined, now: number): void {
    const { pid } = last;
    const agent = this.#live.get(pid) ?? this.#exited.get(pid) ??
      this.#create(last, now);
    this.#live.delete(pid);
    this.#exited.delete(pid);

    const lost = lostBetween(agent.last, last);
    agent.lost += lost;
    this.#lost += lost;
    this.#beats++;
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

  #create(last: Frame, now: number): Agent {
    this.#agents++;
    return {
      pid: last.pid,
      state: "beating",
      last,
      at: now,
      lost: 0n,
      peer: undefined,
      name: undefined,
      nameAt: -Infinity,
      rate: new Rate(),
      history: new History(now),
    };
  }

  #exit(agent: Agent, state: "ended" | "gone"): void {
    agent.state = state;
    this.#live.delete(agent.pid);
    this.#exited.set(agent.pid, agent);
    if (this.#exited.size <= MAX_EXITED) return;
    removeFirst(this.#exited);
    this.#forgotten++;
  }
}

function removeFirst(agents: Map<number, Agent>): void {
  const [pid] = agents.keys();
  agents.delete(pid);
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
