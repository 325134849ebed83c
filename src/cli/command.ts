/** An option of a command, as `parseArgs` of `node:util` takes it and `--help` shows it. */
export interface Option {
  readonly type: "string" | "boolean";
  readonly short?: string;
  /** What stands for its value in `--help`. */
  readonly value?: string;
  readonly description: string;
}

/** What a command line says behind the name of its command. */
export interface Arguments {
  readonly values: Readonly<Record<string, string | boolean | undefined>>;
  readonly positionals: readonly string[];
}

/** One of the commands. */
export interface Command {
  readonly name: string;
  /** What it does, in a line. */
  readonly summary: string;
  /** The names of its positional arguments. */
  readonly positionals: readonly string[];
  readonly options: Readonly<Record<string, Option>>;
  /** What else `--help` says: its output, and its exit codes. */
  readonly details: string;
  /** The arguments of the example in `--help`. */
  readonly example: string;
  /** Runs it; answers with the exit code. */
  run(args: Arguments): Promise<number>;
}
