/**
 * Returns the number after an option of the command line, for example 7 for
 * `--seed 7`. An import of `node:util` would make old releases of Deno download
 * the types of Node.
 */
export function numberOption(name: string): number | undefined {
  const match = RegExp(`--${name}[ =](\\d+)`).exec(Deno.args.join(" "));
  return match ? Number(match[1]) : undefined;
}
