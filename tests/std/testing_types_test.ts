// The compiler runs these tests: a line that is wrong does not check.

import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { assertType, type IsExact } from "@std/testing/types";

// deno-lint-ignore no-explicit-any
type Any = any;
type One = { kind: "one"; size: number };
type Two = { kind: "two" };

Deno.test("IsExact holds for a type and itself, however it is written", () => {
  assertType<IsExact<string, string>>(true);
  assertType<IsExact<string | number, number | string>>(true);
  assertType<IsExact<boolean, true | false>>(true);
  assertType<IsExact<never, never>>(true);
  assertType<IsExact<unknown, unknown>>(true);
  assertType<IsExact<Any, Any>>(true);
  assertType<IsExact<One | Two, Two | One>>(true);
  assertType<IsExact<{ a: 1 } & { b: 2 }, { a: 1; b: 2 }>>(true);
  assertType<IsExact<Pick<One, "kind">, { kind: "one" }>>(true);
  assertType<IsExact<Readonly<Two>, { readonly kind: "two" }>>(true);
  assertType<IsExact<(a: string) => void, (b: string) => void>>(true);
});

Deno.test("IsExact tells apart types that fit each other", () => {
  assertType<IsExact<string, Any>>(false);
  assertType<IsExact<unknown, Any>>(false);
  assertType<IsExact<never, Any>>(false);
  assertType<IsExact<{ a: Any }, { a: string }>>(false);
  assertType<IsExact<{ a: 1 }, { readonly a: 1 }>>(false);
  assertType<IsExact<{ b: { a: 1 } }, { b: { readonly a: 1 } }>>(false);
  assertType<IsExact<string[], readonly string[]>>(false);
  assertType<IsExact<[...Any[]], [...Any[], Any]>>(false);
  assertType<IsExact<{ m(a: string): void }, { m(a: "a"): void }>>(false);
  assertType<IsExact<() => void, (a?: string) => void>>(false);
});

Deno.test("IsExact tells apart types that do not fit", () => {
  assertType<IsExact<string, "a">>(false);
  assertType<IsExact<string, string | undefined>>(false);
  assertType<IsExact<One | Two, One>>(false);
  assertType<IsExact<One, Two>>(false);
  assertType<IsExact<{ a?: 1 }, { a: 1 }>>(false);
  assertType<IsExact<{ a?: 1 }, { a: 1 | undefined }>>(false);
  assertType<IsExact<() => void, () => undefined>>(false);
  assertType<IsExact<[string], string[]>>(false);
  assertType<IsExact<Promise<string>, Promise<number>>>(false);
});

Deno.test("assert() and its like narrow what they were given", () => {
  const value: unknown = new Date(0);
  {
    const narrowed = value;
    assertInstanceOf(narrowed, Date);
    assertType<IsExact<typeof narrowed, Date>>(true);
  }
  {
    const narrowed: unknown = "a";
    assert(typeof narrowed === "string");
    assertType<IsExact<typeof narrowed, string>>(true);
  }
  {
    const narrowed: unknown = 1;
    assertStrictEquals(narrowed, 1 as const);
    assertType<IsExact<typeof narrowed, 1>>(true);
  }
  // @ts-expect-error The two are of different types.
  assertThrows(() => assertEquals(1, "1"));
});

Deno.test("assertThrows() and assertRejects() return the type asked for", async () => {
  class Refusal extends Error {}
  const refuse = (): never => {
    throw new Refusal();
  };
  const plain = assertThrows(refuse);
  const refusal = assertThrows(refuse, Refusal, "");
  assertType<IsExact<typeof plain, unknown>>(true);
  assertType<IsExact<typeof refusal, Refusal>>(true);
  const rejected = assertRejects(async () => await refuse(), Refusal);
  assertType<IsExact<typeof rejected, Promise<Refusal>>>(true);
  await rejected;
});
