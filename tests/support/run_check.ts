import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Finding } from "../../src/cli/check/_findings.ts";
import { cliArgs, runCli } from "./cli.ts";
import { hasProgram } from "./process.ts";

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
  check: Finding["check"],
): Finding {
  const [finding, ...others] = findings.filter((finding) =>
    finding.check === check
  );
  assert(finding !== undefined && others.length === 0, Deno.inspect(findings));
  return finding;
}

/** Asserts that a run has this one finding, which fails, with a message. */
export function assertFails(
  run: Checked,
  check: Finding["check"],
  message: RegExp,
): void {
  assertEquals(run.code, 1);
  const [finding, ...others] = run.findings.filter(({ level }) =>
    level === "fail"
  );
  assertEquals(others, []);
  assertEquals(finding.check, check);
  assertMatch(finding.message, message);
  assert(finding.advice);
}
