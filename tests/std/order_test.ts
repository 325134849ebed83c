import {
  assertAlmostEquals,
  assertEquals,
  assertGreater,
  assertGreaterOrEqual,
  assertLess,
  assertLessOrEqual,
  assertStringIncludes,
} from "@std/assert";
import { type Case, check, message, type Verdict } from "./verdict.ts";

/** The verdicts on `>`, `>=`, `<` and `<=`, where `+` passes. */
const order: [a: unknown, b: unknown, verdicts: string][] = [
  [2, 1, "++--"],
  [1, 2, "--++"],
  [1, 1, "-+-+"],
  [0, -0, "-+-+"],
  [NaN, NaN, "----"],
  [1, NaN, "----"],
  [Infinity, 1, "++--"],
  [-Infinity, 1, "--++"],
  [2n, 1, "++--"],
  [1n, 1, "-+-+"],
  ["b", "a", "++--"],
  ["a", "a", "-+-+"],
  ["10", "9", "--++"],
  ["10", 9, "++--"],
  [true, false, "++--"],
  [null, 0, "-+-+"],
  [undefined, 0, "----"],
  [undefined, undefined, "----"],
  [new Date(2), new Date(1), "++--"],
  [new Date(1), new Date(1), "-+-+"],
  [{}, {}, "-+-+"],
  [[2], [1], "++--"],
];

const ordering = [
  assertGreater,
  assertGreaterOrEqual,
  assertLess,
  assertLessOrEqual,
];

ordering.forEach((assertion, i) => {
  Deno.test(`${assertion.name}() orders as the operator does`, async () => {
    await check(order.map(([a, b, verdicts]): Case => [
      () => assertion(a, b),
      verdicts[i] === "+" ? "passes" : "fails",
    ]));
  });

  Deno.test(`${assertion.name}() fails in the words it was given`, async () => {
    assertEquals(await message(() => assertion(NaN, 7, "so")), "so");
    assertEquals(await message(() => assertion(NaN, 7, "")), "");
    assertStringIncludes(await message(() => assertion(NaN, 7)), "7");
  });
});

const almost: [Verdict, number, number, tolerance?: number][] = [
  ["passes", 1, 1],
  ["passes", 0.1 + 0.2, 0.3],
  ["passes", 0, -0],
  ["passes", NaN, NaN],
  ["passes", Infinity, Infinity],
  ["passes", 1 + 9e-8, 1],
  ["fails", 1 + 2e-7, 1],
  ["passes", -1 - 9e-8, -1],
  ["fails", -1 - 2e-7, -1],
  ["passes", 1e10 + 999, 1e10],
  ["fails", 1e10 + 1001, 1e10],
  ["fails", 1e-9, 0],
  ["fails", 1, 2],
  ["fails", 1, NaN],
  ["fails", NaN, 1],
  ["fails", 1, Infinity],
  ["fails", Infinity, 1],
  ["fails", -Infinity, Infinity],
  ["passes", 1, 2, 1],
  ["passes", 3, 2, 1],
  ["fails", 1, 2.5, 1],
  ["passes", 2, 2, 0],
  ["fails", 2, 2.1, 0],
  ["fails", 1, 1.1, NaN],
  ["passes", 1, 1.1, Infinity],
  ["passes", 1, Infinity, Infinity],
  ["fails", 1, 1.1, -1],
];

Deno.test("assertAlmostEquals() allows a ten-millionth, or what it is given", async () => {
  await check(almost.map(([expected, ...args]): Case => [
    () => assertAlmostEquals(...args),
    expected,
  ]));
});

Deno.test("assertAlmostEquals() adds the words it was given", async () => {
  const said = await message(() => assertAlmostEquals(1, 2, undefined, "so"));
  assertStringIncludes(said, ": so");
});
