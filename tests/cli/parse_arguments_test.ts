import { assertEquals } from "@std/assert";
import {
  closestMatch,
  levenshteinDistance,
} from "../../src/cli/_parse_arguments.ts";

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

Deno.test("closestMatch() returns the word with the smallest distance", () => {
  const words = ["status", "payload", "protocol", "interval", "count"];
  assertEquals(closestMatch("staus", words), "status");
  assertEquals(closestMatch("paylaod", words), "payload");
  assertEquals(closestMatch("counter", words), "count");
});

Deno.test("closestMatch() prefers a word with the same beginning", () => {
  assertEquals(closestMatch("thr", ["json", "threshold", "help"]), "threshold");
});
