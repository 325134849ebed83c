/**
 * Stands in for `@std/assert`, as far as the tests here use it. It passes what
 * that passes and fails what that fails, in words of its own.
 *
 * @module
 */

import { AssertionError } from "./assertion_error.ts";
import { equal } from "./equal.ts";
import { failure, mismatch } from "./failure.ts";

export { AssertionError };
export { assertRejects, assertThrows } from "./throws.ts";
export {
  assertAlmostEquals,
  assertGreater,
  assertGreaterOrEqual,
  assertLess,
  assertLessOrEqual,
} from "./order.ts";

/** Fails always. */
export function fail(msg?: string): never {
  throw failure("The test was made to fail", msg);
}

/** Fails unless the expression is truthy. */
export function assert(expr: unknown, msg = ""): asserts expr {
  if (!expr) throw new AssertionError(msg);
}

/** Fails unless the two are equal in depth. */
export function assertEquals<T>(actual: T, expected: T, msg?: string) {
  if (equal(actual, expected)) return;
  throw mismatch("The values differ", actual, expected, msg);
}

/** Fails if the two are equal in depth. */
export function assertNotEquals<T>(actual: T, expected: T, msg?: string) {
  if (!equal(actual, expected)) return;
  throw mismatch("The values do not differ", actual, expected, msg);
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

/** Fails if the two are one by `Object.is`. */
export function assertNotStrictEquals<T>(
  actual: T,
  expected: T,
  msg?: string,
) {
  if (!Object.is(actual, expected)) return;
  throw mismatch("The values are the same", actual, expected, msg);
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

/** An array-like value that is not a string. */
export type ArrayLikeArg<T> = ArrayLike<T> & object;

/** Fails unless every element of the second is equal to one of the first. */
export function assertArrayIncludes<T>(
  actual: ArrayLikeArg<T>,
  expected: ArrayLikeArg<T>,
  msg?: string,
) {
  const present: unknown[] = Array.from(actual);
  const missing = Array.from(expected)
    .filter((item) => !present.some((other) => equal(item, other)));
  if (missing.length === 0) return;
  throw mismatch("The array lacks an element", actual, missing, msg);
}
