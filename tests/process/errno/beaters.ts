import { type BeatOutcome, Status, Varta } from "../../../mod.ts";
import { TestObserver } from "../../support/observer.ts";
import { openDescriptors } from "../../support/process.ts";
import { replaceByFile } from "./machine.ts";

/** An agent in some situation, with its observer. */
export interface Beater extends Disposable {
  /** Beats once; answers with what came of it, and what must have. */
  beat(): { actual: string; expected: string };
}

/** How often each pair of the two came, and how often garbage was collected. */
export interface Tally {
  outcomes: Record<string, number>;
  collections: number;
}

const BEATS_PER_OBSERVER = 1_000;
const BEATS_PER_COLLECTION = 5_000;

function codeOf(outcome: BeatOutcome): string {
  switch (outcome.kind) {
    case "sent":
      return "sent";
    case "dropped":
      return outcome.code;
    case "failed":
      return outcome.error.code;
  }
}

/** A new agent and its observer, which `situation` makes something of. */
function beater(
  situation: (agent: Varta, observer: TestObserver) => Beater["beat"],
): Beater {
  const observer = new TestObserver();
  const agent = Varta.connect(observer.path);
  return {
    beat: situation(agent, observer),
    [Symbol.dispose]() {
      agent.close();
      observer[Symbol.dispose]();
    },
  };
}

/** An observer that nobody reads from. */
function queueFull(): Beater {
  return beater((agent) => {
    while (agent.beat(Status.Ok).kind === "sent");
    return () => ({
      actual: codeOf(agent.beat(Status.Ok)),
      expected: "EAGAIN",
    });
  });
}

/** An observer that goes again and again: once refused, then not connected. */
function observerGone(): Beater {
  return beater((agent, observer) => {
    let beats = 0;
    return () => {
      const isFirst = beats++ % BEATS_PER_OBSERVER === 0;
      if (isFirst) {
        observer.restart();
        agent.reconnect();
        observer.stop();
      }
      return {
        actual: codeOf(agent.beat(Status.Ok)),
        expected: isFirst ? "ECONNREFUSED" : "ENOTCONN",
      };
    };
  });
}

/** The descriptor that `open` opens, again and again until no other thread opens one as well. */
function descriptorOfNext(open: () => void): number {
  for (;;) {
    const before = new Set(openDescriptors());
    open();
    const added = openDescriptors().filter((fd) => !before.has(fd));
    if (added.length === 1) return added[0];
  }
}

/** A descriptor that another part of the process put a file in. */
function notSocket(): Beater {
  return beater((agent) => {
    replaceByFile(descriptorOfNext(() => agent.reconnect()));
    return () => ({
      actual: codeOf(agent.beat(Status.Ok)),
      expected: "ENOTSOCK",
    });
  });
}

/** An observer that keeps up. */
function received(): Beater {
  return beater((agent, observer) => () => {
    const actual = codeOf(agent.beat(Status.Ok));
    observer.receiveBytes();
    return { actual, expected: "sent" };
  });
}

/** The situations, by what a beat comes to in each. */
export const situations: Readonly<
  Record<string, () => Beater>
> = { queueFull, observerGone, notSocket, received };

/** Beats in turn, with garbage made all the while and collected now and then. */
export function beatInTurn(beaters: Beater[], beats: number): Tally {
  const { gc } = globalThis as unknown as { gc(): void };
  const tally: Tally = { outcomes: {}, collections: 0 };
  for (let i = 0; i < beats; i++) {
    const { actual, expected } = beaters[i % beaters.length].beat();
    const pair = `${actual} for ${expected}`;
    tally.outcomes[pair] = (tally.outcomes[pair] ?? 0) + 1;
    if (i % BEATS_PER_COLLECTION === 0) {
      gc();
      tally.collections++;
    }
  }
  return tally;
}
