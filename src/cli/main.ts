/**
 * The command line of the Varta health protocol: `watch` observes a socket,
 * `beat` beats to one, `check` says whether beats to one are counted, and `demo`
 * shows a beat, a restart of the observer and the reconnect.
 *
 * ```sh
 * deno run --allow-ffi jsr:@varta/client/cli watch /tmp/varta.sock
 * deno run --allow-ffi jsr:@varta/client/cli beat /tmp/varta.sock --payload 17
 * deno run --allow-ffi jsr:@varta/client/cli --help
 * ```
 *
 * It is a program: importing it does nothing.
 *
 * @module
 */

import config from "../../deno.json" with { type: "json" };
import { beatCommand } from "./_beat.ts";
import { checkCommand } from "./check/_check.ts";
import { type Command, ExitCode, UsageError } from "./_command.ts";
import { demoCommand } from "./_demo.ts";
import { commandHelp, HELP, PROGRAM, programHelp, VERSION } from "./_help.ts";
import {
  closestMatch,
  parseArguments,
  unknownOption,
} from "./_parse_arguments.ts";
import { print, printError, quote } from "./_text.ts";
import { watchCommand } from "./watch/_watch.ts";

const commands: readonly Command[] = [
  watchCommand,
  beatCommand,
  checkCommand,
  demoCommand,
];

async function main(args: readonly string[]): Promise<number> {
  try {
    return await run(args);
  } catch (error) {
    printError(error instanceof Error ? error.message : String(error));
    return error instanceof UsageError ? ExitCode.USAGE : ExitCode.FAILED;
  }
}

function run([name, ...args]: readonly string[]): number | Promise<number> {
  if (name === undefined) {
    printError(programHelp(commands));
    return ExitCode.USAGE;
  }
  if (name === "--help" || name === "-h") return show(programHelp(commands));
  if (name === "--version" || name === "-V") return show(config.version);

  const command = commands.find((command) => command.name === name);
  if (command === undefined) {
    throw new UsageError(`${unknownName(name)}\nSee ${PROGRAM} --help`);
  }
  const parsed = parseArguments(command, args);
  return parsed === undefined
    ? show(commandHelp(command))
    : command.run(parsed);
}

function show(help: string): number {
  print(help);
  return ExitCode.DONE;
}

function unknownName(name: string): string {
  if (name.startsWith("-")) {
    return unknownOption(name, Object.keys({ ...HELP, ...VERSION }));
  }
  const match = closestMatch(name, commands.map(({ name }) => name));
  return `Unknown command ${quote(name)}: did you mean "${match}"?`;
}

// Not Deno.exitCode: a read of the keyboard that still waits would keep the
// process alive.
if (import.meta.main) Deno.exit(await main(Deno.args));
