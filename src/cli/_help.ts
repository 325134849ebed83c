import { fileURLToPath } from "node:url";
import type { Command, Options } from "./_command.ts";
import { quoteForShell } from "./_text.ts";

/**
 * Returns the command that starts this program, for a shell.
 *
 * @param main The URL of its main module.
 */
export function programAt(main: string): string {
  const jsr = /^https:\/\/jsr\.io\/(@[\w-]+\/[\w-]+)\/([\w.+-]+)\//.exec(main);
  const specifier = jsr
    ? `jsr:${jsr[1]}@${jsr[2]}/cli`
    : quoteForShell(main.startsWith("file:") ? fileURLToPath(main) : main);
  return `deno run --allow-ffi ${specifier}`;
}

/**
 * The command that starts this copy of the program. A script that `deno install`
 * created runs the same command, and this program cannot know its name.
 */
export const PROGRAM: string = programAt(import.meta.resolve("./main.ts"));

/** The options that the program has, with and without a command. */
export const COMMON_OPTIONS: Options = {
  help: { type: "boolean", short: "h", description: "Show this text." },
  version: {
    type: "boolean",
    short: "V",
    description: "Show the version of the module.",
  },
};

/** Returns the help for the whole program. */
export function programHelp(commands: readonly Command[]): string {
  return `\
The command line of the Varta health protocol.

Usage: ${PROGRAM} COMMAND

Commands:
${
    columns([
      ...commands.map(({ name, summary }): [string, string] => [name, summary]),
      ["help [COMMAND]", "Show this text, or the options of a command."],
    ])
  }

Options:
${columns(optionRows(COMMON_OPTIONS))}

Example, in two terminals:
  ${PROGRAM} watch /tmp/varta.sock
  ${PROGRAM} beat /tmp/varta.sock --interval 1000`;
}

/** Returns the help for one command. */
export function commandHelp(command: Command): string {
  const { name, summary, positionals, options, details, example } = command;
  const program = command.permission === undefined
    ? PROGRAM
    : PROGRAM.replace("--allow-ffi", command.permission);
  return `\
${summary}

Usage: ${[program, name, ...positionals].join(" ")} [OPTIONS]

Options:
${columns(optionRows({ ...options, ...COMMON_OPTIONS }))}

${details}

Example:
  ${program} ${example}`;
}

function optionRows(options: Options): [string, string][] {
  return Object.entries(options).map((
    [name, { short, value, description }],
  ) => [
    `${short ? `-${short}, ` : ""}--${name}${value ? ` ${value}` : ""}`,
    description,
  ]);
}

function columns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  const indent = " ".repeat(width + 4);
  return rows.map(([left, right]) =>
    `  ${left.padEnd(width)}  ${right.replaceAll("\n", `\n${indent}`)}`
  ).join("\n");
}
