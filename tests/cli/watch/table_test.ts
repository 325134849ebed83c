import { assertEquals } from "@std/assert";
import { formatAgo, formatDuration } from "../../../src/cli/watch/_table.ts";

Deno.test("formatDuration() shows tenths of seconds, then two units", () => {
  const expected: [ms: number, text: string][] = [
    [0, "0.0s"],
    [149, "0.1s"],
    [9_949, "9.9s"],
    [9_999, "10.0s"],
    [10_000, "10s"],
    [59_999, "59s"],
    [60_000, "1m 00s"],
    [3_599_999, "59m 59s"],
    [3_600_000, "1h 00m"],
    [86_399_999, "23h 59m"],
    [90_000_000, "1d 01h"],
    [864_000_000_000, "10000d 00h"],
    [Infinity, "-"],
  ];
  for (const [ms, text] of expected) assertEquals(formatDuration(ms), text);
});

Deno.test("formatAgo() shows one unit", () => {
  const expected: [ms: number, text: string][] = [
    [0, "0 s ago"],
    [59_999, "59 s ago"],
    [300_000, "5 min ago"],
    [3_600_000, "1 h ago"],
    [200_000_000, "2 d ago"],
  ];
  for (const [ms, text] of expected) assertEquals(formatAgo(ms), text);
});
