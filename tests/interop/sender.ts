import type { BeatOutcome, Status, Varta } from "../../mod.ts";
import { delay, PATIENCE } from "./eventually.ts";

/** What an observer must have of a beat that was sent, as it exports it. */
export interface SentBeat {
  kind: "beat";
  pid: string;
  nonce: string;
  status: string;
  payload: string;
}

const statusNames = ["ok", "degraded", "critical"];

/** An agent, with a list of the beats that were sent. */
export class Sender {
  readonly sent: SentBeat[] = [];
  readonly #agent: Varta;
  #nonce = 0;

  constructor(agent: Varta) {
    this.#agent = agent;
  }

  /** Beats once. */
  beat(status: Status, payload: number | bigint = 0): BeatOutcome {
    this.#nonce++;
    const outcome = this.#agent.beat(status, payload);
    if (outcome.kind === "sent") {
      this.sent.push({
        kind: "beat",
        pid: `${Deno.pid}`,
        nonce: `${this.#nonce}`,
        status: statusNames[status],
        payload: `${payload}`,
      });
    }
    return outcome;
  }

  /** Beats, and again as long as the observer's queue is full. */
  async send(status: Status, payload: number | bigint = 0): Promise<void> {
    for (const start = Date.now(); Date.now() - start < PATIENCE;) {
      const outcome = this.beat(status, payload);
      if (outcome.kind === "sent") return;
      if (wordFor(outcome) !== "kernel-queue-full") {
        throw new Error(`Cannot beat: ${Deno.inspect(outcome)}`);
      }
      await delay(1);
    }
    throw new Error("Cannot beat: the observer's queue stays full");
  }

  /** Beats as long as beats are dropped, and says what became of each. */
  async beatUntilSent(status: Status): Promise<string[]> {
    const words: string[] = [];
    for (const start = Date.now(); Date.now() - start < PATIENCE;) {
      const outcome = this.beat(status);
      words.push(wordFor(outcome));
      if (outcome.kind !== "dropped") break;
      await delay(1);
    }
    return words;
  }
}

/** An outcome in one word. */
export function wordFor(outcome: BeatOutcome): string {
  return outcome.kind === "dropped" ? outcome.reason : outcome.kind;
}
