import { parseArgs } from "node:util";
import type { VlpVersion } from "../frame/frame.ts";
import {
  type Arguments,
  type Command,
  type Options,
  UsageError,
} from "./_command.ts";
import { COMMON_OPTIONS } from "./_help.ts";
import { quote } from "./_text.ts";

/** The longest delay of a timer, in ms. */
export const MAX_DELAY = 2 ** 31 - 1;

/**
 * Parses the part of a command line after the name of the command.
 *
 * @throws {UsageError} If the command does not accept it.
 */
export function parseArguments(
  { name, positionals: names, options: own }: Command,
  args: readonly string[],
): Arguments {
  const options = { ...own, ...COMMON_OPTIONS };
  let parsed: Arguments;
  try {
    parsed = parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    const { code, message } = error as Error & { readonly code?: string };
    const unknown = code === "ERR_PARSE_ARGS_UNKNOWN_OPTION" &&
      /^Unknown option '(.*?)'\./.exec(message);
    throw unknown
      ? unknownOption(unknown[1], options)
      : new UsageError(message);
  }
  const { values, positionals } = parsed;
  const isShort = positionals.length < names.length && values.version === true;
  if (positionals.length === names.length || isShort) return parsed;
  throw new UsageError(
    `Cannot run ${name}: it takes ${
      names.length === 0 ? "no argument" : names.join(" and ")
    }: received ${
      positionals.length === 0 ? "none" : positionals.map(quote).join(", ")
    }`,
  );
}

/** Returns the error for an unknown option. */
export function unknownOption(option: string, options: Options): UsageError {
  const names = Object.keys(options).map((name) => `--${name}`).join(", ");
  return new UsageError(
    `Unknown option ${quote(option)}: the options are ${names}`,
  );
}

/**
 * Parses the value of `--protocol`.
 *
 * @throws {UsageError} If there is no such version.
 */
export function parseVersion(value: string): VlpVersion {
  if (value === "1") return 1;
  if (value === "2") return 2;
  throw invalidValue("protocol", value, "1 or 2");
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
