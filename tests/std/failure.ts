import { AssertionError } from "./assertion_error.ts";

function shown(value: unknown): string {
  return Deno.inspect(value, {
    depth: 10,
    sorted: true,
    strAbbreviateSize: 10_000,
    trailingComma: true,
  });
}

/** The error that says what did not hold, and after it the caller's own word. */
export function failure(what: string, msg?: string): AssertionError {
  return new AssertionError(msg ? `${what}: ${msg}` : `${what}.`);
}

/** The error that shows both values under what did not hold. */
export function mismatch(
  what: string,
  actual: unknown,
  expected: unknown,
  msg?: string,
): AssertionError {
  const { message } = failure(what, msg);
  return new AssertionError(
    `${message}\n  actual: ${shown(actual)}\nexpected: ${shown(expected)}`,
  );
}
