// Binds the paths in the arguments, after a mode and a umask, both octal. Prints
// for each the mode of its file, or the error.

import { Observer } from "../../../src/observer/mod.ts";

/** What the program prints for each path. */
export interface BindResult {
  mode?: number;
  error?: { name: string; code: string; syscall: string; message: string };
}

if (import.meta.main) {
  const [mode, umask, ...paths] = Deno.args;
  Deno.umask(parseInt(umask, 8));
  const results = paths.map((path): BindResult => {
    try {
      using _ = Observer.bind(path, { mode: parseInt(mode, 8) });
      return { mode: Deno.lstatSync(path).mode! & 0o777 };
    } catch (error) {
      const { name, code, syscall, message } = error as Error & {
        code: string;
        syscall: string;
      };
      return { error: { name, code, syscall, message } };
    }
  });
  console.log(JSON.stringify(results));
}
