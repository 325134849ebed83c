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

/** The reasons of dropped beats by errno, on every system, as the contract states. */
export const DROP_REASONS: Record<string, string> = {
  ENOBUFS: "kernel-queue-full",
  EAGAIN: "kernel-queue-full",
  EWOULDBLOCK: "kernel-queue-full",
  ECONNREFUSED: "no-observer",
  ENOENT: "no-observer",
  ECONNRESET: "peer-gone",
  ENOTCONN: "peer-gone",
  EPIPE: "peer-gone",
  ENOSPC: "storage-full",
  ENOMEM: "out-of-memory",
};
