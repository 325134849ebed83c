import { AssertionError } from "@std/assert";

/** What a case comes to; of another error than an assertion's, its name. */
export type Verdict = "passes" | "fails" | "TypeError" | "RangeError";

/** An assertion, and what it must come to. */
export type Case = [run: () => unknown, expected: Verdict];

function verdictOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  return error instanceof AssertionError && error.name === "AssertionError"
    ? "fails"
    : error.name;
}

/** Runs an assertion that answers at once. */
export function verdict(run: () => unknown): string {
  try {
    run();
    return "passes";
  } catch (error) {
    return verdictOf(error);
  }
}

/** Throws an error that lists the cases which came to something else. */
export async function check(cases: Case[]): Promise<void> {
  const wrong = [];
  for (const [run, expected] of cases) {
    const answer = (async () => await run())();
    const actual = await answer.then(() => "passes", verdictOf);
    if (actual !== expected) wrong.push(`${run}: ${actual}, not ${expected}`);
  }
  report(wrong);
}

/** Throws if there is anything in the list. */
export function report(wrong: string[]): void {
  if (wrong.length > 0) throw new Error(wrong.join("\n"));
}

/** The message of the error that the assertion fails with. */
export async function message(run: () => unknown): Promise<string> {
  try {
    await run();
  } catch (error) {
    if (error instanceof AssertionError) return error.message;
  }
  throw new Error(`${run} did not fail`);
}
