import type { BeatOutcome, DropReason } from "../agent/outcome.ts";
import { Status } from "../frame/status.ts";

const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/**
 * Replaces control and format characters, which a terminal obeys or does not show,
 * by default with JavaScript's escapes.
 */
export function escapeControls(
  text: string,
  escape = (character: string) =>
    `\\u{${character.codePointAt(0)!.toString(16)}}`,
): string {
  return text.replace(INVISIBLE, escape);
}

/** Quotes a user's text, on one line. */
export function quote(text: string): string {
  return escapeControls(JSON.stringify(text));
}

/** Quotes an argument for a line in a shell, if that is necessary. */
export function quoteForShell(argument: string): string {
  if (/^[\w@%+=:,./-]+$/.test(argument)) return argument;
  if (escapeControls(argument) === argument) {
    return `'${argument.replaceAll("'", "'\\''")}'`;
  }
  // Not in every sh, but in bash, ksh and zsh.
  const escaped = escapeControls(
    argument.replace(/['\\]/g, "\\$&"),
    (character) =>
      `\\U${character.codePointAt(0)!.toString(16).padStart(8, "0")}`,
  );
  return `$'${escaped}'`;
}

/** Prints lines on stdout. A pipe whose reader has ended is no error. */
export function print(text: string): void {
  try {
    console.log(text);
  } catch (error) {
    if (error instanceof Deno.errors.BrokenPipe) return;
    throw new Error(`Cannot write to stdout: ${(error as Error).message}`);
  }
}

/** Prints lines on stderr, without control characters. Never throws. */
export function printError(message: string): void {
  try {
    console.error(
      message.split("\n").map((line) => escapeControls(line)).join("\n"),
    );
  } catch {
    // stderr is closed.
  }
}

const statusNames = Object.keys(Status) as (keyof typeof Status)[];

/** Returns the name of a status, for example `"Ok"`. */
export function statusName(status: Status): keyof typeof Status {
  return statusNames[status];
}

/** What to do about a drop. */
const advice: Record<DropReason, string> = {
  "kernel-queue-full":
    "the observer is too slow, or hangs: look at it if this goes on",
  "no-observer": "nothing receives there: start the observer",
  "peer-gone": "the observer has ended: start it again",
  "storage-full": "the system has no space left: look at the host",
  "out-of-memory": "the system has no memory left: look at the host",
};

/** Describes the outcome of a beat in one line, with what to do. */
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
