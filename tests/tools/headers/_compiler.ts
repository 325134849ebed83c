/** What is wrong with a line, by its index in the lines of a program. */
export type Errors = ReadonlyMap<number, string>;

export interface Compilation {
  readonly errors: Errors;
  /** The program in assembly; empty if there are errors. */
  readonly assembly: string;
}

const OPTIONS = [
  `-I${import.meta.dirname}`,
  ...["-S", "-g0", "-std=gnu11", "-ferror-limit=0"],
  "-Werror=incompatible-pointer-types",
  "-Werror=incompatible-function-pointer-types",
];

/** Compiles C for other systems, with the headers of those systems. */
export class Compiler {
  readonly #program: string;
  readonly #folder: string;

  /**
   * @param program The path of `zig`.
   * @param folder An empty folder for its files.
   */
  constructor(program: string, folder: string) {
    this.#program = program;
    this.#folder = folder;
  }

  /**
   * Compiles a program.
   *
   * @param before Lines that must have no error, `#include` for example.
   */
  async compile(
    target: string,
    before: readonly string[],
    lines: readonly string[],
  ): Promise<Compilation> {
    const file = `${this.#folder}/program`;
    await Deno.writeTextFile(`${file}.c`, [...before, ...lines, ""].join("\n"));
    const command = new Deno.Command(this.#program, {
      args: [
        "cc",
        "-target",
        target,
        ...OPTIONS,
        "-o",
        `${file}.s`,
        `${file}.c`,
      ],
      env: {
        ZIG_GLOBAL_CACHE_DIR: `${this.#folder}/cache`,
        ZIG_LOCAL_CACHE_DIR: `${this.#folder}/cache`,
      },
      stdout: "null",
      stderr: "piped",
    });
    const { success, stderr } = await command.output();
    const messages = new TextDecoder().decode(stderr);
    const errors = new Map<number, string>();
    for (const [_, number, kind, text] of messages.matchAll(MESSAGE)) {
      const index = Number(number) - 1 - before.length;
      if (kind === "error" && !errors.has(index)) errors.set(index, text);
      const value = /^expression evaluates to '(\S+) == /.exec(text)?.[1];
      if (value !== undefined) errors.set(index, `the headers have ${value}`);
    }
    const isExplained = errors.size > 0 &&
      [...errors.keys()].every((i) => i >= 0);
    if (!success && !isExplained) {
      throw new Error(`Cannot compile for ${target}:\n${messages}`);
    }
    const assembly = success ? await Deno.readTextFile(`${file}.s`) : "";
    return { errors, assembly };
  }
}

const MESSAGE = /^\S+program\.c:(\d+):\d+: (?:fatal )?(error|note): (.*)$/gm;
