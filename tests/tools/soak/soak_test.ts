import { assert, assertGreaterOrEqual } from "@std/assert";
import { soak } from "./soak.ts";

const MEBIBYTE = 2 ** 20;

Deno.test("soak() counts a million beats exactly, in flat memory", () => {
  const result = soak(1_000_000, Date.now() % 2 ** 32);
  console.log(result);
  assertGreaterOrEqual(result.restarts, 20);
  assertGreaterOrEqual(result.refused, 10_000);
  assert(result.heapGrowth < MEBIBYTE);
});
