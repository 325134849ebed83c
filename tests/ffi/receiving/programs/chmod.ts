// Sets the mode 0642 of the files in the arguments. Prints the failures.

import { chmod } from "../../../../ffi/receiving/files.ts";

const failures = Deno.args.map((path) => chmod(path, 0o642) ?? null);
console.log(JSON.stringify(failures));
