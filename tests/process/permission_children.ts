import { assertEquals } from "@std/assert";
import { MODULE, runDeno } from "../support/process.ts";

/** What an attempt says without permission; its groups are the two flags. */
export const NO_PERMISSION =
  /^NotCapable: Cannot call the C library without FFI permission: run again with (--allow-ffi), or with (--allow-ffi=\/\S+) where that file exists$/;

/** What a child has that wants words for an attempt. */
export const PRELUDE = `
  function attempt(path) {
    try {
      const agent = Varta.connect(path);
      const { kind } = agent.beat(Status.Ok);
      agent.close();
      return kind;
    } catch (error) {
      return error.name + ": " + error.message;
    }
  }`;

/** The same, and the module. */
export const IMPORT = `import { Status, Varta } from "${MODULE}"; ${PRELUDE}`;

/** The same, and the count of its sockets, by leave of `MAY_COUNT`. */
export const IMPORT_AND_COUNT = `${IMPORT}
  import { countDatagramSockets } from "${
  import.meta.resolve("./datagram_sockets.ts")
}";`;
export const MAY_COUNT = "--allow-run=ls,cat";

/** The lines that a child prints, which must not print anything else. */
export async function linesOf(
  code: string,
  ...flags: string[]
): Promise<string[]> {
  const { stdout, stderr } = await runDeno(code, flags);
  assertEquals(stderr, "");
  return stdout.split("\n");
}
