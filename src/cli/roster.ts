import type { Frame } from "../frame/frame.ts";
import type { Peer, Rejection } from "../observer/observation.ts";
import { NONCE_TERMINAL } from "../frame/_layout.ts";
import type { WatchEvent } from "./watch_event.ts";
import { lostBetween } from "./lost_between.ts";
import { Rate } from "./rate.ts";

/** How many agents are kept: those longest silent are forgotten. */
const MAX_AGENTS = 16_384;

/** An agent that has been heard. */
export interface Agent {
  state: "beating" | "stalled" | "ended";
  /** The last beat. */
  last: Frame;
  /** When it came, in ms. */
  at: number;
  /** The beats that are missing between those that came. */
  lost: bigint;
  /** By the word of the kernel; absent where that does not attest it. */
  peer: Peer | undefined;
  readonly rate: Rate;
}

/**
 * What has been heard of all agents. It has no clock of its own: all times are
 * the caller's, in ms.
 */
export class Roster {
  // In the order of their last beats.
  readonly #agents = new Map<number, Agent>();
  #rejected = 0;
  #lastReason: Rejection["reason"] | undefined;

  /** Every agent, the longest silent first. */
  get agents(): Iterable<Agent> {
    return this.#agents.values();
  }

  /** How many datagrams were rejected. */
  get rejected(): number {
    return this.#rejected;
  }

  /** Why the last of them was. */
  get lastReason(): Rejection["reason"] | undefined {
    return this.#lastReason;
  }

  /** Takes in what has happened. */
  note(event: WatchEvent, now: number): void {
    switch (event.kind) {
      case "beat":
        return this.#noteBeat(event.frame, event.peer, now);
      case "rejected":
        this.#rejected++;
        this.#lastReason = event.reason;
        return;
      case "returned":
        return this.#setState(event.pid, "beating");
      default:
        return this.#setState(event.pid, event.kind);
    }
  }

  #noteBeat(last: Frame, peer: Peer | undefined, now: number): void {
    const before = this.#agents.get(last.pid);
    const agent: Agent = {
      state: last.nonce === NONCE_TERMINAL ? "ended" : "beating",
      last,
      at: now,
      lost: before ? before.lost + lostBetween(before.last, last) : 0n,
      peer,
      rate: before?.rate ?? new Rate(),
    };
    agent.rate.note(now);
    this.#agents.delete(last.pid);
    this.#agents.set(last.pid, agent);
    if (this.#agents.size <= MAX_AGENTS) return;
    for (const pid of this.#agents.keys()) {
      this.#agents.delete(pid);
      break;
    }
  }

  #setState(pid: number, state: Agent["state"]): void {
    const agent = this.#agents.get(pid);
    if (agent) agent.state = state;
  }
}
