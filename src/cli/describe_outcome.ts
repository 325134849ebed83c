import type { BeatOutcome, DropReason } from "../agent/outcome.ts";

/** What to do about a drop. */
const advice: Record<DropReason, string> = {
  "kernel-queue-full":
    "the observer does not keep up, or hangs: look at it where this goes on",
  "no-observer": "nothing receives there: start the observer",
  "peer-gone": "the observer went: start it again",
  "storage-full": "the system has no room: look at the host",
  "out-of-memory": "the system has no memory: look at the host",
};

/** What became of a beat, in a line for people. */
export function describeOutcome(outcome: BeatOutcome): string {
  switch (outcome.kind) {
    case "sent":
      return "sent";
    case "dropped": {
      const { reason, code } = outcome;
      return `dropped: ${reason} (${code}): ${advice[reason]}`;
    }
    case "failed":
      return `failed: ${outcome.error.message}`;
  }
}
