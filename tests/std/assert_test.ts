import {
  assert,
  assertEquals,
  assertInstanceOf,
  AssertionError,
  assertMatch,
  assertStrictEquals,
  assertStringIncludes,
} from "@std/assert";
import { check, message } from "./verdict.ts";

Deno.test("AssertionError is an Error that bears its name", () => {
  const cause = new Error("why");
  const error = new AssertionError("what", { cause });
  assert(error instanceof Error);
  assertEquals(error.name, "AssertionError");
  assertEquals(error.message, "what");
  assertStrictEquals(error.cause, cause);
});

Deno.test("assert() asks for what is truthy", async () => {
  await check([
    [() => assert(true), "passes"],
    [() => assert(1), "passes"],
    [() => assert("0"), "passes"],
    [() => assert([]), "passes"],
    [() => assert(false), "fails"],
    [() => assert(0), "fails"],
    [() => assert(NaN), "fails"],
    [() => assert(""), "fails"],
    [() => assert(0n), "fails"],
    [() => assert(null), "fails"],
    [() => assert(undefined), "fails"],
  ]);
});

Deno.test("assertEquals() compares errors with their traces", async () => {
  const [one, two] = [new Error("a"), new Error("a")];
  await check([
    [() => assertEquals(one, one), "passes"],
    [() => assertEquals(one, two), "fails"],
  ]);
});

Deno.test("assertStrictEquals() tells equal objects apart", async () => {
  const object = {};
  await check([
    [() => assertStrictEquals(object, object), "passes"],
    [() => assertStrictEquals(object, {}), "fails"],
    [() => assertStrictEquals([], []), "fails"],
  ]);
});

Deno.test("assertInstanceOf() follows instanceof", async () => {
  abstract class Shape {}
  class Circle extends Shape {}
  await check([
    [() => assertInstanceOf(new Circle(), Circle), "passes"],
    [() => assertInstanceOf(new Circle(), Shape), "passes"],
    [() => assertInstanceOf(Circle, Function), "passes"],
    [() => assertInstanceOf(Circle, Circle), "fails"],
    [() => assertInstanceOf({}, Circle), "fails"],
    [() => assertInstanceOf(Object.create(null), Object), "fails"],
    [() => assertInstanceOf("a", String), "fails"],
    [() => assertInstanceOf(null, Object), "fails"],
    [() => assertInstanceOf(undefined, Object), "fails"],
  ]);
});

Deno.test("assertMatch() tests the pattern where it stands", async () => {
  const sticky = /a/y;
  await check([
    [() => assertMatch("abc", /b/), "passes"],
    [() => assertMatch("abc", /^b/), "fails"],
    [() => assertMatch("", /^$/), "passes"],
    [() => assertMatch("ab", sticky), "passes"],
    [() => assertMatch("ab", sticky), "fails"],
  ]);
});

Deno.test("assertStringIncludes() asks for a part of the string", async () => {
  await check([
    [() => assertStringIncludes("abc", "b"), "passes"],
    [() => assertStringIncludes("abc", ""), "passes"],
    [() => assertStringIncludes("", ""), "passes"],
    [() => assertStringIncludes("abc", "B"), "fails"],
    [() => assertStringIncludes("abc", "ac"), "fails"],
    [() => assertStringIncludes("", "a"), "fails"],
  ]);
});

Deno.test("assert() fails in the words it was given, or in none", async () => {
  assertEquals(await message(() => assert(false)), "");
  assertEquals(await message(() => assert(false, "so")), "so");
});

Deno.test("assertEquals() and its like add the words they were given", async () => {
  const failures = [
    (msg?: string) => assertEquals(1, 2, msg),
    (msg?: string) => assertStrictEquals(1, 2, msg),
    (msg?: string) => assertInstanceOf(1, Date, msg),
    (msg?: string) => assertMatch("1", /a/, msg),
    (msg?: string) => assertStringIncludes("1", "a", msg),
  ];
  for (const failure of failures) {
    assertStringIncludes(await message(() => failure("so")), ": so");
    assertMatch(await message(() => failure()), /^[A-Z].*\w/);
  }
});

Deno.test("assertEquals() shows both values", async () => {
  const said = await message(() => assertEquals({ a: "one" }, { a: "two" }));
  assertStringIncludes(said, "one");
  assertStringIncludes(said, "two");
});
