/**
 * Stands in for `@std/assert`, as far as the tests here use it. It passes what
 * that passes and fails what that fails, in words of its own.
 *
 * @module
 */

import { AssertionError } from "./assertion_error.ts";
import { equal } from "./equal.ts";
import { mismatch } from "./failure.ts";

export { AssertionError };
export { assertRejects, assertThrows } from "./throws.ts";

/** Fails unless the expression is truthy. */
export function assert(expr: unknown, msg = ""): asserts expr {
  if (!expr) throw new AssertionError(msg);
}

/** Fails unless the two are equal in depth. */
export function assertEquals<T>(actual: T, expected: T, msg?: string) {
  if (equal(actual, expected)) return;
  throw mismatch("The values differ", actual, expected, msg);
}

/** Fails unless the two are one by `Object.is`. */
export function assertStrictEquals<T>(
  actual: unknown,
  expected: T,
  msg?: string,
): asserts actual is T {
  if (Object.is(actual, expected)) return;
  throw mismatch("The values are not the same", actual, expected, msg);
}

/** Fails unless the value is an instance of the class. */
export function assertInstanceOf<
  // deno-lint-ignore no-explicit-any
  T extends abstract new (...args: any[]) => any,
>(
  actual: unknown,
  expectedType: T,
  msg = "",
): asserts actual is InstanceType<T> {
  if (actual instanceof expectedType) return;
  throw mismatch("The instance is of another class", actual, expectedType, msg);
}

/** Fails unless the string matches. */
export function assertMatch(actual: string, expected: RegExp, msg?: string) {
  if (expected.test(actual)) return;
  throw mismatch("The string does not match", actual, expected, msg);
}

/** Fails unless the first string contains the second. */
export function assertStringIncludes(
  actual: string,
  expected: string,
  msg?: string,
) {
  if (actual.includes(expected)) return;
  throw mismatch("The string lacks a part", actual, expected, msg);
}

/** Fails unless the first is greater than the second or equal to it. */
export function assertGreaterOrEqual<T>(actual: T, expected: T, msg?: string) {
  if (actual >= expected) return;
  // A message given here is the whole message.
  if (msg !== undefined) throw new AssertionError(msg);
  throw mismatch("This must be >= that", actual, expected);
}
