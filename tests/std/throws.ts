import type { AssertionError } from "./assertion_error.ts";
import { failure } from "./failure.ts";

// deno-lint-ignore no-explicit-any
type ErrorClass<E extends Error> = abstract new (...args: any[]) => E;

// Colors do not count. node:util could strip them, but older Deno has to have a
// package from npm to check the types of a node: module.
const escape = String.fromCharCode(0x1b);
const colors = new RegExp(`${escape}\\[[\\d;]*m`, "g");

/** What is expected of the error, out of arguments that come in two orders. */
class Expectation {
  readonly #class: ErrorClass<Error> | undefined;
  readonly #part: string | undefined;
  readonly #msg: string | undefined;

  constructor(
    classOrMsg: ErrorClass<Error> | string | undefined,
    part: string | undefined,
    msg: string | undefined,
  ) {
    if (typeof classOrMsg === "string") {
      this.#msg = classOrMsg;
    } else {
      // A class that is no error's is let pass as if none were given.
      const proto = classOrMsg?.prototype;
      const isErrors = proto === Error.prototype || proto instanceof Error;
      this.#class = isErrors ? classOrMsg : undefined;
      this.#part = part;
      this.#msg = msg;
    }
  }

  failure(what: string): AssertionError {
    return failure(what, this.#msg);
  }

  check(error: unknown): void {
    if (this.#class === undefined) return;
    if (!(error instanceof Error)) {
      throw this.failure(`${Deno.inspect(error)} is no Error`);
    }
    if (!(error instanceof this.#class)) {
      const { name } = this.#class;
      throw this.failure(`${Deno.inspect(error)} is no ${name}`);
    }
    const message = error.message.replace(colors, "");
    const part = (this.#part ?? "").replace(colors, "");
    if (!message.includes(part)) {
      const lacks = `lacks ${JSON.stringify(part)}`;
      throw this.failure(`The message ${JSON.stringify(message)} ${lacks}`);
    }
  }
}

/** Fails unless the function throws. */
export function assertThrows(fn: () => unknown, msg?: string): unknown;
/** Fails unless the function throws that error. */
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  ErrorClass: ErrorClass<E>,
  msgIncludes?: string,
  msg?: string,
): E;
export function assertThrows(
  fn: () => unknown,
  classOrMsg?: ErrorClass<Error> | string,
  msgIncludes?: string,
  msg?: string,
): unknown {
  const expected = new Expectation(classOrMsg, msgIncludes, msg);
  try {
    fn();
  } catch (error) {
    expected.check(error);
    return error;
  }
  throw expected.failure("The function did not throw");
}

/** Fails unless the function's promise rejects. */
export function assertRejects(
  fn: () => PromiseLike<unknown>,
  msg?: string,
): Promise<unknown>;
/** Fails unless the function's promise rejects with that error. */
export function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  ErrorClass: ErrorClass<E>,
  msgIncludes?: string,
  msg?: string,
): Promise<E>;
export async function assertRejects(
  fn: () => PromiseLike<unknown>,
  classOrMsg?: ErrorClass<Error> | string,
  msgIncludes?: string,
  msg?: string,
): Promise<unknown> {
  const expected = new Expectation(classOrMsg, msgIncludes, msg);
  const promise = promiseOf(fn);
  if (promise === undefined) {
    throw expected.failure("The function gave no promise");
  }
  try {
    await promise;
  } catch (error) {
    expected.check(error);
    return error;
  }
  throw expected.failure("The promise did not reject");
}

/** Throwing before there is a promise is not rejecting. */
function promiseOf(
  fn: () => PromiseLike<unknown>,
): PromiseLike<unknown> | undefined {
  try {
    const value = fn();
    const isThenable = typeof value === "object" &&
      typeof value?.then === "function";
    return isThenable ? value : undefined;
  } catch {
    return undefined;
  }
}
