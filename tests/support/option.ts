/**
 * The number behind an option of the command line, such as `--seed 7`. An
 * import of `node:util` for it would make older releases of Deno fetch the
 * types of Node.
 */
export function numberOption(name: string): number | undefined {
  const match = RegExp(`--${name}[ =](\\d+)`).exec(Deno.args.join(" "));
  return match ? Number(match[1]) : undefined;
}
