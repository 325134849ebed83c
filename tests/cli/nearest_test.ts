import { assertEquals } from "@std/assert";
import { levenshteinDistance, nearest } from "../../src/cli/nearest.ts";

Deno.test("levenshteinDistance() counts insertions, removals and replacements", () => {
  const expected: [from: string, to: string, distance: number][] = [
    ["", "", 0],
    ["", "abc", 3],
    ["abc", "", 3],
    ["abc", "abc", 0],
    ["kitten", "sitting", 3],
    ["flaw", "lawn", 2],
    ["staus", "status", 1],
    ["😀", "a", 1],
  ];
  for (const [from, to, distance] of expected) {
    assertEquals(levenshteinDistance(from, to), distance, `${from} ${to}`);
  }
});

Deno.test("nearest() answers with the word of the least distance", () => {
  const words = ["status", "payload", "protocol", "interval", "count"];
  assertEquals(nearest("staus", words), "status");
  assertEquals(nearest("paylaod", words), "payload");
  assertEquals(nearest("counter", words), "count");
});

Deno.test("nearest() prefers a word that is begun, however long it is", () => {
  assertEquals(nearest("thr", ["json", "threshold", "help"]), "threshold");
});
