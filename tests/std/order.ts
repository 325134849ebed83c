import { AssertionError } from "./assertion_error.ts";
import { mismatch } from "./failure.ts";

// A message given to one of these four is the whole message.
function unordered(
  actual: unknown,
  sign: string,
  expected: unknown,
  msg?: string,
): AssertionError {
  if (msg !== undefined) return new AssertionError(msg);
  return mismatch(`This must be ${sign} that`, actual, expected);
}

/** Fails unless the first is greater than the second. */
export function assertGreater<T>(actual: T, expected: T, msg?: string) {
  if (actual > expected) return;
  throw unordered(actual, ">", expected, msg);
}

/** Fails unless the first is greater than the second or equal to it. */
export function assertGreaterOrEqual<T>(actual: T, expected: T, msg?: string) {
  if (actual >= expected) return;
  throw unordered(actual, ">=", expected, msg);
}

/** Fails unless the first is less than the second. */
export function assertLess<T>(actual: T, expected: T, msg?: string) {
  if (actual < expected) return;
  throw unordered(actual, "<", expected, msg);
}

/** Fails unless the first is less than the second or equal to it. */
export function assertLessOrEqual<T>(actual: T, expected: T, msg?: string) {
  if (actual <= expected) return;
  throw unordered(actual, "<=", expected, msg);
}

/**
 * Fails unless the numbers are within the tolerance, which is a ten-millionth
 * of the expected one unless given.
 */
export function assertAlmostEquals(
  actual: number,
  expected: number,
  tolerance: number = Number.isFinite(expected)
    ? Math.abs(expected) * 1e-7
    : 1e-7,
  msg?: string,
) {
  if (Object.is(actual, expected)) return;
  if (Math.abs(actual - expected) <= tolerance) return;
  throw mismatch(
    `The numbers differ by over ${tolerance}`,
    actual,
    expected,
    msg,
  );
}
