import type { BeatOutcome } from "../../mod.ts";

/** Describes an outcome: `sent`, `dropped no-observer ENOENT`, `failed EBADF`. */
export function describeOutcome(outcome: BeatOutcome): string {
  switch (outcome.kind) {
    case "sent":
      return "sent";
    case "dropped":
      return `dropped ${outcome.reason} ${outcome.code}`;
    case "failed":
      return `failed ${outcome.error.code}`;
  }
}

/** How often something happened. */
export type Counts = Record<string, number>;

/** Counts one more of what `name` says. */
export function count(counts: Counts, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1;
}
