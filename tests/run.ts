/**
 * Runs `deno test` with `@std` from JSR or, where JSR is out of reach, with
 * the stand-in of `tests/std`. Arguments go through to `deno test`; a path in
 * them is taken from the project's root.
 *
 * @module
 */

const root = new URL("../", import.meta.url);
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

/**
 * Before Deno 2.3, a Worker that ends while V8's compiler thread is at work on
 * its C calls crashes Deno: there V8 compiles in the Worker's own thread, in the
 * processes that the tests start too.
 */
const [major, minor] = Deno.version.deno.split(".").map(Number);
const env: Record<string, string> = major === 2 && minor < 3
  ? { DENO_V8_FLAGS: "--no-concurrent-recompilation" }
  : {};

const child = new Deno.Command(Deno.execPath(), {
  args: [
    "test",
    "-A",
    "--doc",
    "--v8-flags=--expose-gc",
    ...(reason === undefined ? [] : ["--import-map=tests/std/import_map.json"]),
    ...Deno.args,
  ],
  cwd: root,
  env,
  stdin: "inherit",
  stdout: "inherit",
  stderr: "inherit",
}).spawn();
Deno.exit((await child.status).code);
