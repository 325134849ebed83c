import { assert, assertEquals } from "@std/assert";
import { Rate } from "../../src/cli/rate.ts";

/** The rate after `count` beats, every `interval` ms from 0 on. */
function rateOf(interval: number, count: number): Rate {
  const rate = new Rate();
  for (let i = 0; i < count; i++) rate.note(i * interval);
  return rate;
}

Deno.test("Rate has no rate of one beat", () => {
  assertEquals(new Rate().at(0), undefined);
  assertEquals(rateOf(1, 1).at(5_000), undefined);
});

Deno.test("Rate is exact for an even beat, at each moment until the next", () => {
  for (const [interval, count] of [[1_000, 30], [30_000, 3], [1, 20_000]]) {
    const rate = rateOf(interval, count);
    const last = (count - 1) * interval;
    for (const part of [0, 0.3, 0.99]) {
      const found = rate.at(last + part * interval)!;
      assert(Math.abs(found - 1_000 / interval) < 1e-9 * found, `${found}`);
    }
  }
});

Deno.test("Rate falls once the next beat is late", () => {
  const rate = rateOf(1_000, 11);
  assertEquals(rate.at(20_000), 11 / 20);
  assertEquals(rate.at(110_000), 0.1);
});

Deno.test("Rate forgets what is older than ten seconds", () => {
  const rate = rateOf(10, 1_000);
  for (let i = 1; i <= 11; i++) rate.note(9_990 + i * 1_000);
  assertEquals(rate.at(20_990), 1);
});
