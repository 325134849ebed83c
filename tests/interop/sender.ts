import { setTimeout as delay } from "node:timers/promises";
import type { BeatOutcome, Status, Varta } from "../../mod.ts";
import { until } from "../support/until.ts";

/** A beat that was sent, as an observer exports it. */
export interface SentBeat {
  kind: "beat";
  pid: string;
  nonce: string;
  status: string;
  payload: string;
}

const STATUS_NAMES = ["ok", "degraded", "critical"];

/** An agent, and a list of the beats that it has sent. */
export class Sender {
  readonly sent: SentBeat[] = [];
  readonly #agent: Varta;
  #nonce = 0;

  constructor(agent: Varta) {
    this.#agent = agent;
  }

  /** Sends one beat. */
  beat(status: Status, payload: number | bigint = 0): BeatOutcome {
    this.#nonce++;
    const outcome = this.#agent.beat(status, payload);
    if (outcome.kind === "sent") {
      this.sent.push({
        kind: "beat",
        pid: `${Deno.pid}`,
        nonce: `${this.#nonce}`,
        status: STATUS_NAMES[status],
        payload: `${payload}`,
      });
    }
    return outcome;
  }

  /** Sends one beat, and repeats it while the observer's queue is full. */
  async send(status: Status, payload: number | bigint = 0): Promise<void> {
    for (;;) {
      const word = describe(this.beat(status, payload));
      if (word === "sent") return;
      if (word !== "kernel-queue-full") throw new Error(`Cannot beat: ${word}`);
      await delay(1);
    }
  }

  /** Beats until a beat is sent; returns a word for each outcome. */
  async beatUntilSent(status: Status): Promise<string[]> {
    const words: string[] = [];
    await until("a beat is sent", () => {
      words.push(describe(this.beat(status)));
      return words.at(-1) === "sent";
    });
    return words;
  }
}

/** Describes an outcome in one word. */
export function describe(outcome: BeatOutcome): string {
  if (outcome.kind === "failed") return outcome.error.message;
  return outcome.kind === "dropped" ? outcome.reason : outcome.kind;
}
