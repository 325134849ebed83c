import { assert, assertEquals } from "@std/assert";
import { fuzz, randomSeed } from "./fuzz.ts";

Deno.test("decodeFrame() gives a frame that encodes to the same bytes, or a DecodeError", () => {
  const tally = fuzz(randomSeed(), 100_000);
  const results = [
    ...["version 1", "version 2"],
    ...["BadLength", "BadMagic", "BadVersion", "BadCrc", "BadStatus"],
    ...["StallOnWire", "BadPid", "BadTimestamp", "BadNonce"],
  ];
  for (const result of results) {
    assert((tally.get(result) ?? 0) >= 10, `${result} hardly ever came up`);
  }
  assertEquals(tally.size, results.length);
});

Deno.test("fuzz() does the same for the same seed", () => {
  assertEquals(fuzz(7, 1_000), fuzz(7, 1_000));
});
