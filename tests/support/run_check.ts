import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Check, Finding } from "../../src/cli/check/_finding.ts";
import { cliArgs, runCli } from "./cli.ts";
import { hasProgram } from "./process.ts";
import type { TestFolder } from "./test_folder.ts";

/** The exit code and the findings of a run of `check`. */
export interface Checked {
  code: number;
  findings: Finding[];
  /** The level of each finding, by what was checked. */
  levels: Record<string, string>;
}

/** The reason why there can be no FIFO, if there is one. */
export const noFifo: string | undefined = hasProgram("mkfifo", "--version")
  ? undefined
  : "there is no mkfifo";

/** The arguments of Deno with all permissions. */
export const ALL = cliArgs("-A");

export const OTHER_UID = 65534;

/** With the right to read every file, because the sources may be root's own. */
const AS_OTHER_USER = [
  ...[
    "setpriv",
    `--reuid=${OTHER_UID}`,
    `--regid=${OTHER_UID}`,
    "--clear-groups",
  ],
  ...["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"],
];

/** The reason why nothing can be run as another user, if there is one. */
export const noOtherUser: string | undefined = Deno.uid() === 0 &&
    hasProgram(...AS_OTHER_USER as [string], "true")
  ? undefined
  : "only root with setpriv can run a command as another user";
/** Runs a command as another user, with a cache folder that it can use. */
export function asOtherUser(folder: TestFolder): string[] {
  const cache = folder.file("cache");
  Deno.mkdirSync(cache);
  Deno.chownSync(cache, OTHER_UID, null);
  const names = ["--unset=DENO_COVERAGE_DIR", `DENO_DIR=${cache}`];
  return ["env", ...names, ...AS_OTHER_USER];
}

/** Runs `check --json`. */
export async function check(
  args: string[],
  denoArgs = ALL,
  under: readonly string[] = [],
): Promise<Checked> {
  const result = await runCli(["check", ...args, "--json"], denoArgs, under);
  const { code, stdout, stderr } = result;
  assertEquals(stderr, "");
  const findings: Finding[] = stdout.trimEnd().split("\n").map((line) =>
    JSON.parse(line)
  );
  const levels = findings.map(({ check, level }) => [check, level]);
  return { code, findings, levels: Object.fromEntries(levels) };
}

/** Returns the only finding about what was checked. */
export function findingOf(
  { findings }: Checked,
  check: Check,
): Finding {
  const [finding, ...others] = findings.filter((finding) =>
    finding.check === check
  );
  assert(finding !== undefined && others.length === 0, Deno.inspect(findings));
  return finding;
}

/**
 * Asserts that a run has this one finding besides the summary, which fails, with a
 * message.
 */
export function assertFails(
  run: Checked,
  check: Check,
  message: RegExp,
): void {
  assertEquals(run.code, 1);
  assertEquals(run.findings.at(-1)!.check, "summary");
  const fails = run.findings.filter(({ level }) => level === "fail");
  const [finding, ...others] = fails;
  assertEquals(others, finding.check === "summary" ? [] : fails.slice(-1));
  assertEquals(finding.check, check);
  assertMatch(finding.message, message);
  assert(finding.advice || finding.check === "summary");
}
