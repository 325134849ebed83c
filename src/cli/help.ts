import type { Command, Option } from "./command.ts";

/** What a user types to run this. */
export const PROGRAM = "deno run --allow-ffi jsr:@varta/client/cli";

/** The option that every command has. */
export const HELP: Readonly<Record<"help", Option>> = {
  help: { type: "boolean", short: "h", description: "Show this, and end." },
};

/** What `--help` shows before a command. */
export function programHelp(commands: readonly Command[]): string {
  return `\
The Varta health protocol, from the command line.

Usage: ${PROGRAM} COMMAND

Commands:
${columns(commands.map(({ name, summary }) => [name, summary]))}

Options:
${columns(optionRows(HELP))}

Example, in two terminals:
  ${PROGRAM} watch /tmp/varta.sock
  ${PROGRAM} beat /tmp/varta.sock --interval 1000

COMMAND --help shows what a command takes.`;
}

/** What `--help` shows behind a command. */
export function commandHelp(command: Command): string {
  const { name, summary, positionals, options, details, example } = command;
  return `\
${summary}

Usage: ${[PROGRAM, name, ...positionals].join(" ")} [OPTIONS]

Options:
${columns(optionRows({ ...options, ...HELP }))}

${details}

Example:
  ${PROGRAM} ${example}`;
}

function optionRows(
  options: Readonly<Record<string, Option>>,
): [string, string][] {
  return Object.entries(options).map((
    [name, { short, value, description }],
  ) => [
    `${short ? `-${short}, ` : ""}--${name}${value ? ` ${value}` : ""}`,
    description,
  ]);
}

function columns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => {
    const indent = " ".repeat(width + 4);
    return `  ${left.padEnd(width)}  ${right.replaceAll("\n", `\n${indent}`)}`;
  }).join("\n");
}
