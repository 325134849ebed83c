/**
 * Runs `deno test` with `@std` from JSR or, where JSR is out of reach, with
 * the stand-in of `tests/std`. Arguments go through to `deno test`; a path in
 * them is taken from the project's root.
 *
 * @module
 */

import { WORKER_FLAG } from "../support/process.ts";

const root = new URL("../../", import.meta.url);
const patience = 20_000;

/** What the tests import, as deno.json says it. */
function specifiers(): string[] {
  const config = Deno.readTextFileSync(new URL("deno.json", root));
  const { imports } = JSON.parse(config);
  return [
    imports["@std/assert"],
    `${imports["@std/testing"]}/time`,
    `${imports["@std/testing"]}/types`,
  ];
}

/** Why `@std` cannot be had from JSR, if it cannot. */
async function refusal(): Promise<string | undefined> {
  const signal = AbortSignal.timeout(patience);
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["cache", ...specifiers()],
    cwd: root,
    env: { NO_COLOR: "1" },
    signal,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  if (success) return undefined;
  if (signal.aborted) return `no answer in ${patience / 1000} s`;
  const said = new TextDecoder().decode(stderr);
  return /error: (.*)/.exec(said)?.[1] ?? "no reason given";
}

const reason = await refusal();
console.log(
  reason === undefined
    ? "@std: from JSR"
    : `@std: stand-in in tests/std, since JSR did not answer (${reason})`,
);

const child = new Deno.Command(Deno.execPath(), {
  args: [
    "test",
    "-A",
    "--doc",
    `--v8-flags=--expose-gc,${WORKER_FLAG}`,
    ...(reason === undefined ? [] : ["--import-map=tests/std/import_map.json"]),
    ...Deno.args,
  ],
  cwd: root,
  stdin: "inherit",
  stdout: "inherit",
  stderr: "inherit",
}).spawn();
Deno.exit((await child.status).code);
