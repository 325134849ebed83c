import { assert, assertGreaterOrEqual } from "@std/assert";
import { soak } from "./soak.ts";

const MEBIBYTE = 2 ** 20;

Deno.test("soak() counts a million beats exactly, in constant memory", () => {
  const seed = Date.now() % 2 ** 32;
  const { restarts, invalid, heapGrowth } = soak(1_000_000, seed);
  assertGreaterOrEqual(restarts, 20);
  assertGreaterOrEqual(invalid, 10_000);
  assert(heapGrowth < MEBIBYTE, `the heap grew by ${heapGrowth} bytes`);
});
