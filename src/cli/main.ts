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
import { commandHelp, COMMON_OPTIONS, PROGRAM, programHelp } from "./_help.ts";
import { parseArguments, unknownOption } from "./_parse_arguments.ts";
import { print, printError, quote } from "./_text.ts";
import { watchCommand } from "./watch/_watch.ts";

const commands: readonly Command[] = [
  watchCommand,
  beatCommand,
  checkCommand,
  demoCommand,
];

const isHelp = (arg: string) => arg === "--help" || arg === "-h";

async function main([name, ...args]: readonly string[]): Promise<number> {
  // `help COMMAND` is `COMMAND --help`.
  if (name === "help") return main([...args.slice(0, 1), "--help"]);
  if (name === undefined) {
    printError(programHelp(commands));
    return ExitCode.USAGE;
  }
  const command = commands.find((command) => command.name === name);
  try {
    return await (command ? run(command, args) : runProgram(name));
  } catch (error) {
    printError(error instanceof Error ? error.message : String(error));
    if (!(error instanceof UsageError)) return ExitCode.FAILED;
    const words = [PROGRAM, ...command ? [name] : [], "--help"];
    printError(`See ${words.join(" ")}`);
    return ExitCode.USAGE;
  }
}

function run(
  command: Command,
  args: readonly string[],
): number | Promise<number> {
  // Whatever else there is.
  if (args.some(isHelp)) return show(commandHelp(command));
  const parsed = parseArguments(command, args);
  return parsed.values.version ? show(config.version) : command.run(parsed);
}

/** Runs the program without a command. */
function runProgram(name: string): number {
  if (isHelp(name)) return show(programHelp(commands));
  if (name === "--version" || name === "-V") return show(config.version);
  if (name.startsWith("-")) throw unknownOption(name, COMMON_OPTIONS);
  const names = [...commands.map(({ name }) => name), "help"].join(", ");
  throw new UsageError(
    `Unknown command ${quote(name)}: the commands are ${names}`,
  );
}

function show(text: string): number {
  print(text);
  return ExitCode.DONE;
}

// Not Deno.exitCode: a read of the keyboard that still waits would keep the
// process alive.
if (import.meta.main) Deno.exit(await main(Deno.args));
