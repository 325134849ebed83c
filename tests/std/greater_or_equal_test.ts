import {
  assertEquals,
  assertGreaterOrEqual,
  assertStringIncludes,
} from "@std/assert";
import { type Case, check, message, type Verdict } from "./verdict.ts";

const order: [a: unknown, b: unknown, verdict: Verdict][] = [
  [2, 1, "passes"],
  [1, 2, "fails"],
  [1, 1, "passes"],
  [0, -0, "passes"],
  [NaN, NaN, "fails"],
  [1, NaN, "fails"],
  [Infinity, 1, "passes"],
  [-Infinity, 1, "fails"],
  [2n, 1, "passes"],
  ["b", "a", "passes"],
  ["10", "9", "fails"],
  ["10", 9, "passes"],
  [null, 0, "passes"],
  [undefined, 0, "fails"],
  [new Date(1), new Date(1), "passes"],
  [{}, {}, "passes"],
];

Deno.test("assertGreaterOrEqual() orders as the operator does", async () => {
  await check(order.map(([a, b, verdict]): Case => [
    () => assertGreaterOrEqual(a, b),
    verdict,
  ]));
});

Deno.test("assertGreaterOrEqual() fails in the words it was given", async () => {
  assertEquals(await message(() => assertGreaterOrEqual(NaN, 7, "so")), "so");
  assertEquals(await message(() => assertGreaterOrEqual(NaN, 7, "")), "");
  const said = await message(() => assertGreaterOrEqual(NaN, 7));
  assertStringIncludes(said, "7");
});
