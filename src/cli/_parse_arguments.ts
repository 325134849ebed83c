import { parseArgs } from "node:util";
import { type Arguments, type Command, UsageError } from "./_command.ts";
import { HELP, PROGRAM } from "./_help.ts";
import { quote } from "./_text.ts";

/** The longest delay of a timer, in ms. */
export const MAX_DELAY = 2 ** 31 - 1;

/**
 * Parses the part of a command line after the name of the command. Returns
 * `undefined` if it asks for help, whatever else it contains.
 *
 * @throws {UsageError} If the command does not accept it.
 */
export function parseArguments(
  command: Command,
  args: readonly string[],
): Arguments | undefined {
  if (args.some((arg) => arg === "--help" || arg === "-h")) return undefined;
  try {
    const parsed = parseArgs({
      args: [...args],
      options: { ...command.options, ...HELP },
      allowPositionals: true,
      strict: true,
    });
    checkPositionals(command, parsed.positionals);
    return parsed;
  } catch (error) {
    const message = messageFor(error as NodeError, command);
    throw new UsageError(`${message}\nSee ${PROGRAM} ${command.name} --help`);
  }
}

type NodeError = Error & { readonly code?: string };

function checkPositionals(
  { name, positionals: names }: Command,
  positionals: readonly string[],
): void {
  if (positionals.length === names.length) return;
  throw new UsageError(
    `Cannot run ${name}: it takes ${
      names.length === 0 ? "no argument" : names.join(" and ")
    }: received ${
      positionals.length === 0 ? "none" : positionals.map(quote).join(", ")
    }`,
  );
}

function messageFor({ code, message }: NodeError, { options }: Command) {
  const unknown = code === "ERR_PARSE_ARGS_UNKNOWN_OPTION"
    ? /^Unknown option '(.*?)'\./.exec(message)
    : null;
  return unknown
    ? unknownOption(unknown[1], Object.keys({ ...options, ...HELP }))
    : message;
}

/** Returns the message for an unknown option. */
export function unknownOption(
  option: string,
  names: readonly string[],
): string {
  const written = option.replace(/^-+/, "");
  // Programs choose the protocol with an option of that name. Only the program itself
  // has --version, and no command.
  const name = written === "version" && names.includes("protocol")
    ? "protocol"
    : closestMatch(written, names);
  return `Unknown option ${quote(option)}: did you mean "--${name}"?`;
}

/**
 * Returns the word that the user probably meant: one that starts with the written
 * text, otherwise the one with the smallest distance.
 */
export function closestMatch(
  written: string,
  words: readonly string[],
): string {
  const distance = (word: string) =>
    word.startsWith(written) ? 0 : levenshteinDistance(written, word);
  return words.reduce((best, word) =>
    distance(word) < distance(best) ? word : best
  );
}

/**
 * Returns how many characters must be inserted, removed or replaced to change
 * one word into another.
 */
export function levenshteinDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, i) => i);
  for (const [i, letter] of [...from].entries()) {
    const next = [i + 1];
    for (let j = 0; j < to.length; j++) {
      next.push(Math.min(
        row[j + 1] + 1,
        next[j] + 1,
        row[j] + (letter === to[j] ? 0 : 1),
      ));
    }
    row = next;
  }
  return row[to.length];
}

/**
 * Parses the value of an option, a decimal integer.
 *
 * @throws {UsageError} If it is not one, or is out of range.
 */
export function parseInteger(
  option: string,
  value: string,
  min: bigint | number,
  max: bigint | number,
): bigint {
  const integer = /^\d{1,20}$/.test(value) ? BigInt(value) : -1n;
  if (integer >= min && integer <= max) return integer;
  throw invalidValue(option, value, `an integer from ${min} to ${max}`);
}

/** Returns the error for the value of an option. */
export function invalidValue(
  option: string,
  value: string,
  expected: string,
): UsageError {
  return new UsageError(
    `Cannot use --${option} ${quote(value)}: it must be ${expected}`,
  );
}
