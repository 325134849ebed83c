import { assertEquals } from "@std/assert";
import { formatDuration } from "../../src/cli/format_duration.ts";

Deno.test("formatDuration() has tenths of seconds, then two units", () => {
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
  ];
  for (const [ms, text] of expected) assertEquals(formatDuration(ms), text);
});
