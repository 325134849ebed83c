/**
 * Replaces `@std/assert` if JSR cannot be reached, as far as the tests use it.
 *
 * `assertEquals` differs from the real one in two ways that matter: it tells 0
 * from -0, and it compares neither the stacks of errors nor the getters of class
 * instances. So compare the fields of errors and instances, not the objects.
 *
 * @module
 */

import * as node from "node:assert/strict";

// deno-lint-ignore no-explicit-any
type Class<T> = abstract new (...args: any[]) => T;

/** Fails unless the expression is truthy. */
export function assert(
  expression: unknown,
  message?: string,
): asserts expression {
  node.ok(expression, message);
}

/** Fails unless both values are deeply equal. */
export function assertEquals<T>(actual: T, expected: T, message?: string) {
  node.deepStrictEqual(actual, expected, message);
}

/** Fails unless both values are the same by `Object.is`. */
export function assertStrictEquals<T>(
  actual: unknown,
  expected: T,
  message?: string,
): asserts actual is T {
  node.strictEqual(actual, expected, message);
}

/** Fails unless the value is an instance of the class. */
export function assertInstanceOf<T>(
  actual: unknown,
  expected: Class<T>,
  message = `${Deno.inspect(actual)} is not an instance of ${expected.name}`,
): asserts actual is T {
  node.ok(actual instanceof expected, message);
}

/** Fails unless the string matches the pattern. */
export function assertMatch(
  actual: string,
  expected: RegExp,
  message?: string,
) {
  node.match(actual, expected, message);
}

/** Fails unless the first string includes the second. */
export function assertStringIncludes(
  actual: string,
  expected: string,
  message = `${Deno.inspect(actual)} does not include ${
    Deno.inspect(expected)
  }`,
) {
  node.ok(actual.includes(expected), message);
}

/** Fails unless the first value is greater than or equal to the second. */
export function assertGreaterOrEqual<T>(
  actual: T,
  expected: T,
  message = `${actual} is less than ${expected}`,
) {
  node.ok(actual >= expected, message);
}

/** Fails unless the function throws such an error, and returns the error. */
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  expected: Class<E>,
  messageIncludes?: string,
): E;
/** Fails unless the function throws, and returns the thrown value. */
export function assertThrows(fn: () => unknown): unknown;
export function assertThrows(
  fn: () => unknown,
  expected?: Class<Error>,
  messageIncludes = "",
): unknown {
  try {
    fn();
  } catch (error) {
    assertError(error, expected, messageIncludes);
    return error;
  }
  node.fail("The function does not throw");
}

/** Fails unless the promise is rejected with such an error, and returns it. */
export function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  expected: Class<E>,
  messageIncludes?: string,
): Promise<E>;
/** Fails unless the promise is rejected, and returns the reason. */
export function assertRejects(fn: () => PromiseLike<unknown>): Promise<unknown>;
export async function assertRejects(
  fn: () => PromiseLike<unknown>,
  expected?: Class<Error>,
  messageIncludes = "",
): Promise<unknown> {
  // A function that throws before it returns a promise fails the test.
  const promise = fn();
  try {
    await promise;
  } catch (error) {
    assertError(error, expected, messageIncludes);
    return error;
  }
  node.fail("The promise is not rejected");
}

function assertError(
  error: unknown,
  expected: Class<Error> | undefined,
  messageIncludes: string,
) {
  if (expected === undefined) return;
  assertInstanceOf(error, expected);
  assertStringIncludes(error.message, messageIncludes);
}
