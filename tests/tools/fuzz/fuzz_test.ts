import { assert, assertEquals } from "@std/assert";
import { fuzz, randomSeed } from "./fuzz.ts";

Deno.test("decodeFrame() returns the same frame again, or a DecodeError", () => {
  const counts = fuzz(randomSeed(), 100_000);
  const results = [
    ...["version 1", "version 2"],
    ...["BadLength", "BadMagic", "BadVersion", "BadCrc", "BadStatus"],
    ...["StallOnWire", "BadPid", "BadTimestamp", "BadNonce"],
  ];
  for (const result of results) {
    assert((counts.get(result) ?? 0) >= 10, `${result} hardly ever occurred`);
  }
  assertEquals(counts.size, results.length);
});

Deno.test("fuzz() does the same for the same seed", () => {
  assertEquals(fuzz(7, 1_000), fuzz(7, 1_000));
});
