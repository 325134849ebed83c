import { beatCommand } from "./beat_command.ts";
import type { Command } from "./command.ts";
import { complain } from "./complain.ts";
import { demoCommand } from "./demo_command.ts";
import { ExitCode } from "./exit_code.ts";
import { commandHelp, HELP, PROGRAM, programHelp } from "./help.ts";
import { nearest } from "./nearest.ts";
import { parseArguments, unknownOption } from "./parse_arguments.ts";
import { quote } from "./quote.ts";
import { UsageError } from "./usage_error.ts";
import { watchCommand } from "./watch_command.ts";

const commands: readonly Command[] = [watchCommand, beatCommand, demoCommand];

/** Runs what a command line says; answers with the exit code, and never throws. */
export async function run(args: readonly string[]): Promise<number> {
  try {
    return await dispatch(args);
  } catch (error) {
    complain(error instanceof Error ? error.message : String(error));
    return error instanceof UsageError ? ExitCode.Usage : ExitCode.Failed;
  }
}

function dispatch(
  [name, ...args]: readonly string[],
): number | Promise<number> {
  if (name === undefined) {
    complain(programHelp(commands));
    return ExitCode.Usage;
  }
  if (name === "--help" || name === "-h") return show(programHelp(commands));

  const command = commands.find((command) => command.name === name);
  if (command === undefined) {
    throw new UsageError(`${unknown(name)}\nSee ${PROGRAM} --help`);
  }
  const parsed = parseArguments(command, args);
  return parsed === undefined
    ? show(commandHelp(command))
    : command.run(parsed);
}

function show(help: string): number {
  try {
    console.log(help);
  } catch {
    // Whoever reads it had enough: older releases throw where a pipe is broken.
  }
  return ExitCode.Done;
}

function unknown(name: string): string {
  if (name.startsWith("-")) return unknownOption(name, Object.keys(HELP));
  const names = commands.map(({ name }) => name);
  return `Unknown command ${quote(name)}: did you mean "${
    nearest(name, names)
  }"?`;
}
