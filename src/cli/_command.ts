/** An option of a command, for `parseArgs` of `node:util` and for `--help`. */
export interface Option {
  readonly type: "string" | "boolean";
  readonly short?: string;
  /** The name of its value in `--help`. */
  readonly value?: string;
  readonly description: string;
}

/** The options of a command, by their names. */
export type Options = Readonly<Record<string, Option>>;

/** The part of a command line after the name of the command. */
export interface Arguments {
  readonly values: Readonly<Record<string, string | boolean | undefined>>;
  readonly positionals: readonly string[];
}

/** A command. */
export interface Command {
  readonly name: string;
  /** What the command does, in one line. */
  readonly summary: string;
  /** The names of its positional arguments. */
  readonly positionals: readonly string[];
  readonly options: Options;
  /** The rest of `--help`: the output and the exit codes. */
  readonly details: string;
  /** The arguments of the example in `--help`. */
  readonly example: string;
  /** The flag for Deno's permissions, if not `--allow-ffi`. */
  readonly permission?: string;
  /** Runs the command, and returns the exit code. */
  run(args: Arguments): Promise<number>;
}

/** How a command exits. `--help` explains the codes. */
export const ExitCode = {
  /** The command succeeded. For `beat`: the last beat was sent. */
  DONE: 0,
  /** `beat`: the last beat was dropped. */
  DROPPED: 1,
  /** `check`: there is a problem. */
  PROBLEM: 1,
  /** The command line is wrong. */
  USAGE: 2,
  /** An error that the user must fix first. */
  FAILED: 3,
} as const;

/** An error in the command line. */
export class UsageError extends Error {}

/**
 * Calls a function of the module with an argument from the command line. If the
 * module does not accept the argument, the error is a {@linkcode UsageError}.
 */
export function withArgument<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError) {
      throw new UsageError(error.message);
    }
    throw error;
  }
}
