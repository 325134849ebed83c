/** The result of one `deno test`. */
export interface TestRun {
  output: string;
  passed: number;
  /** At least 1 if `deno test` fails, or has no test. */
  failed: number;
  ignored: number;
}

/** How many tests have ended in all runs until now. */
let ended = 0;

/** Prints now and then how many tests have ended, until it is disposed. */
export function printProgress(interval = 5_000): Disposable {
  const start = performance.now();
  const timer = setInterval(() => {
    const seconds = Math.round((performance.now() - start) / 1e3);
    console.log(`${seconds} s: ${ended} tests have ended`);
  }, interval);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

/**
 * Runs `deno test`, and prints its last line if all tests pass, or else its
 * whole output.
 *
 * @param program The program of Deno.
 * @param args The arguments after `test`.
 */
export async function runTests(
  program: string,
  args: string[],
  env: Record<string, string> = {},
): Promise<TestRun> {
  const child = new Deno.Command(program, {
    args: ["test", ...args],
    cwd: new URL("../../", import.meta.url),
    env: { NO_COLOR: "1", ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const errors = new Response(child.stderr).text();
  let output = "";
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    output += text;
    ended += text.match(/ (?:ok|FAILED|ignored) \(/g)?.length ?? 0;
  }
  const { success } = await child.status;
  const checksOnly = args.includes("--no-run");
  const [summary] = /^(ok|FAILED) \| .*$/m.exec(output) ??
    [checksOnly ? "types checked" : "no test has run"];
  const count = (word: string) =>
    Number(RegExp(`(\\d+) ${word}`).exec(summary)?.[1] ?? 0);
  const [passed, failed, ignored] = ["passed", "failed", "ignored"].map(count);
  // A file that calls Deno.exit(0) while it is loaded ends like a success.
  const isOk = success && (checksOnly || passed + ignored > 0);
  console.log(isOk ? summary : output + await errors);
  return { output, passed, failed: isOk ? 0 : Math.max(1, failed), ignored };
}

/**
 * Prints how many tests passed, failed and were skipped, and exits: with 1 if one
 * failed, or if more were skipped than the variable `MAX_SKIPPED` allows.
 */
export function printTotals(runs: TestRun[]): never {
  const sum = (key: "passed" | "failed" | "ignored") =>
    runs.reduce((sum, run) => sum + run[key], 0);
  const reasons = new Map<string, number>();
  for (const { output } of runs) {
    for (const [, name] of output.matchAll(/^(.*) \.\.\. ignored /gm)) {
      const reason = /\(skipped: (.*)\)$/.exec(name)?.[1] ??
        "not for this system or this release of Deno";
      reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    }
  }
  const list = Array.from(reasons, ([reason, count]) => `${count} (${reason})`);
  console.log(`${sum("passed")} passed, ${sum("failed")} failed`);
  console.log(
    list.length === 0
      ? "No test was skipped"
      : `${sum("ignored")} tests were skipped: ${list.join(", ")}`,
  );
  const maxSkipped = Number(Deno.env.get("MAX_SKIPPED") || Infinity);
  if (sum("ignored") > maxSkipped) {
    console.log(`At most ${maxSkipped} may be skipped here`);
    Deno.exit(1);
  }
  Deno.exit(sum("failed") === 0 ? 0 : 1);
}
