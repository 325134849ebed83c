import {
  assertEquals,
  AssertionError,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { type Case, check, message, type Verdict } from "./verdict.ts";

// deno-lint-ignore no-explicit-any
type Expected = [Class?: any, part?: string];

class Refusal extends TypeError {}

/** What is thrown, what is expected of it, and the verdict. */
const thrown: [Verdict, error: unknown, ...Expected][] = [
  ["passes", new TypeError("a bc")],
  ["passes", "a string"],
  ["passes", undefined],
  ["passes", "a string", "words"],
  ["passes", new TypeError("a bc"), "words"],
  ["passes", new TypeError("a bc"), undefined, "no part of it"],
  ["passes", new TypeError("a bc"), TypeError],
  ["passes", new TypeError("a bc"), Error],
  ["passes", new Refusal("a bc"), TypeError, "a b"],
  ["passes", new TypeError("a bc"), TypeError, ""],
  ["passes", new TypeError("a bc"), TypeError, "a bc"],
  ["passes", new TypeError(""), TypeError, ""],
  ["passes", new TypeError("a \x1b[31mbc\x1b[39m"), TypeError, "a bc"],
  ["passes", new TypeError("a bc"), TypeError, "\x1b[1ma\x1b[22m bc"],
  ["passes", new DOMException("a"), DOMException, "a"],
  ["passes", new AssertionError("a"), AssertionError, "a"],
  ["passes", new AggregateError([], "a"), AggregateError],
  ["passes", new TypeError("a bc"), Date],
  ["passes", "a string", Date, "no part of it"],
  ["fails", new TypeError("a bc"), RangeError],
  ["fails", new Error("a bc"), TypeError],
  ["fails", new TypeError("a bc"), Refusal],
  ["fails", new TypeError("a bc"), TypeError, "abc"],
  ["fails", new TypeError("a bc"), TypeError, "A"],
  ["fails", new TypeError(""), TypeError, "a"],
  ["fails", "a string", Error],
  ["fails", "a string", Error, "string"],
  ["fails", undefined, Error],
  ["fails", { name: "Error", message: "a" }, Error],
  ["fails", Object.create(null), Error, "a"],
];

function thrower(error: unknown): () => never {
  return () => {
    throw error;
  };
}

Deno.test("assertThrows() judges what was thrown", async () => {
  await check(thrown.map(([verdict, error, ...expected]): Case => [
    () => assertThrows(thrower(error), ...expected),
    verdict,
  ]));
});

Deno.test("assertRejects() judges what was rejected with", async () => {
  await check(thrown.map(([verdict, error, ...expected]): Case => [
    () => assertRejects(() => Promise.reject(error), ...expected),
    verdict,
  ]));
});

Deno.test("assertThrows() fails where nothing was thrown", async () => {
  const rejected = Promise.reject(new Error("a"));
  rejected.catch(() => {});
  await check([
    [() => assertThrows(() => {}), "fails"],
    [() => assertThrows(() => new Error("a")), "fails"],
    [() => assertThrows(() => {}, Error), "fails"],
    [() => assertThrows(() => {}, "words"), "fails"],
    [() => assertThrows(() => Promise.resolve()), "fails"],
    [() => assertThrows(() => rejected), "fails"],
    [() => assertThrows(() => rejected, Error, "a"), "fails"],
  ]);
});

Deno.test("assertRejects() fails where no promise rejected", async () => {
  const untyped = (value?: unknown) => () => value as Promise<unknown>;
  const reject = (_: unknown, reject: (reason: unknown) => void) => reject(1);
  await check([
    [() => assertRejects(() => Promise.resolve()), "fails"],
    [() => assertRejects(() => Promise.resolve(), Error), "fails"],
    [() => assertRejects(() => Promise.resolve(), "words"), "fails"],
    [() => assertRejects(() => Promise.resolve(new Error("a"))), "fails"],
    [() => assertRejects(untyped()), "fails"],
    [() => assertRejects(untyped(null)), "fails"],
    [() => assertRejects(untyped(new Error("a")), Error), "fails"],
    [() => assertRejects(untyped({ then: 1 })), "fails"],
    [() => assertRejects(untyped({ then: reject })), "passes"],
    [
      () => assertRejects(untyped(Object.assign(() => {}, { then: reject }))),
      "fails",
    ],
    [() => assertRejects(thrower(new Error("a"))), "fails"],
    [() => assertRejects(thrower(new Error("a")), Error, "a"), "fails"],
    [() => assertRejects(async () => await thrower(1)()), "passes"],
  ]);
});

Deno.test("assertThrows() returns what was thrown", () => {
  const error = new Refusal("a");
  assertStrictEquals(assertThrows(thrower(error)), error);
  assertStrictEquals(assertThrows(thrower(error), "words"), error);
  assertStrictEquals(assertThrows(thrower(error), TypeError, "a"), error);
  assertStrictEquals(assertThrows(thrower(1)), 1);
});

Deno.test("assertRejects() returns what was rejected with", async () => {
  const error = new Refusal("a");
  const reject = () => Promise.reject(error);
  assertStrictEquals(await assertRejects(reject), error);
  assertStrictEquals(await assertRejects(reject, "words"), error);
  assertStrictEquals(await assertRejects(reject, TypeError, "a"), error);
  assertEquals(await assertRejects(() => Promise.reject(1)), 1);
});

Deno.test("assertThrows() and assertRejects() add the words they were given", async () => {
  const error = new TypeError("a");
  const reject = () => Promise.reject(error);
  const failures = [
    () => assertThrows(() => {}, "so"),
    () => assertThrows(() => {}, Error, "a", "so"),
    () => assertThrows(thrower(1), Error, "a", "so"),
    () => assertThrows(thrower(error), RangeError, "a", "so"),
    () => assertThrows(thrower(error), TypeError, "b", "so"),
    () => assertRejects(() => Promise.resolve(), "so"),
    () => assertRejects(thrower(error), Error, "a", "so"),
    () => assertRejects(reject, RangeError, "a", "so"),
    () => assertRejects(reject, TypeError, "b", "so"),
  ];
  for (const failure of failures) {
    assertStringIncludes(await message(failure), ": so");
  }
});
