// Prints the environment variables that the arguments name.
import { environmentVariable } from "../../../ffi/process/environment.ts";

console.log(
  JSON.stringify(Deno.args.map((name) => environmentVariable(name) ?? null)),
);
