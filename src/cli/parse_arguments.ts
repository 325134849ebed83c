import { parseArgs } from "node:util";
import type { Arguments, Command, Option } from "./command.ts";
import { HELP, PROGRAM } from "./help.ts";
import { nearest } from "./nearest.ts";
import { quote } from "./quote.ts";
import { UsageError } from "./usage_error.ts";

/**
 * Reads what stands behind the name of a command; `undefined` where it asks for
 * help, whatever else it says.
 *
 * @throws {UsageError} Where it is not what the command takes.
 */
export function parseArguments(
  { name, options: own, positionals: names }: Command,
  args: readonly string[],
): Arguments | undefined {
  const options: Readonly<Record<string, Option>> = { ...own, ...HELP };
  // Not strict, since its own messages do not name the nearest option.
  const { values, positionals, tokens } = parseArgs({
    args: [...args],
    options,
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  if (values.help === true) return undefined;

  const refuse = (what: string) =>
    new UsageError(`${what}\nSee ${PROGRAM} ${name} --help`);
  for (const token of tokens) {
    if (token.kind !== "option") continue;
    const { rawName, value } = token;
    const option = Object.hasOwn(options, token.name)
      ? options[token.name]
      : undefined;
    if (option === undefined) {
      throw refuse(unknownOption(rawName, Object.keys(options)));
    }
    if (option.type === "string" && value === undefined) {
      throw refuse(`Cannot read ${rawName}: it takes a value, ${option.value}`);
    }
    if (option.type === "boolean" && value !== undefined) {
      throw refuse(`Cannot read ${rawName}: it takes no value`);
    }
  }
  if (positionals.length !== names.length) {
    throw refuse(
      `Cannot run ${name}: it takes ${
        names.length === 0 ? "no argument" : names.join(" and ")
      }: received ${
        positionals.length === 0 ? "none" : positionals.map(quote).join(", ")
      }`,
    );
  }
  return { values: values as Arguments["values"], positionals };
}

/** Says which option was meant by one that is none. */
export function unknownOption(
  written: string,
  names: readonly string[],
): string {
  const meant = nearest(written.replace(/^-+/, ""), names);
  return `Unknown option ${quote(written)}: did you mean "--${meant}"?`;
}
