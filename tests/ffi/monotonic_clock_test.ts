import { assert, assertEquals, assertGreaterOrEqual } from "@std/assert";
import {
  type Moment,
  monotonicNow,
  writeElapsed,
} from "../../ffi/monotonic_clock.ts";

function elapsed({ seconds, nanoseconds }: Moment): bigint {
  const words = new Uint32Array(4);
  writeElapsed(seconds, nanoseconds, words, 2);
  assertEquals(words.subarray(0, 2), new Uint32Array(2));
  return new BigUint64Array(words.buffer)[1];
}

/**
 * The nanoseconds since `performance.now()` was `since`, by that clock, and one
 * of its milliseconds more.
 */
function mostSince(since: number): bigint {
  return BigInt(Math.ceil((performance.now() - since + 1) * 1e6));
}

Deno.test("monotonicNow() advances with the time that passes", () => {
  const since = performance.now();
  const start = monotonicNow();
  const before = performance.now();
  while (performance.now() - before < 20);
  const end = monotonicNow();
  const nanoseconds = (end.seconds - start.seconds) * 1e9 +
    (end.nanoseconds - start.nanoseconds);
  assertGreaterOrEqual(nanoseconds, 15e6);
  assertGreaterOrEqual(mostSince(since), BigInt(nanoseconds));
});

Deno.test("writeElapsed() starts at 0 and never goes back", () => {
  const since = performance.now();
  const start = monotonicNow();
  let last = elapsed(start);
  assertGreaterOrEqual(mostSince(since), last);
  for (let i = 0; i < 10_000; i++) {
    const next = elapsed(start);
    assert(next >= last);
    last = next;
  }
});

Deno.test("writeElapsed() is right on both sides of each 32-bit boundary", () => {
  for (
    const target of [
      2n ** 32n,
      2n ** 33n,
      2n ** 52n,
      2n ** 53n,
      2n ** 53n + 1n,
      2n ** 60n,
      2n ** 61n,
      2n ** 32n * 1_000_000_000n - 4_000_000_000n,
    ]
  ) {
    for (const before of [2_000_000_000n, 500_000_000n, 1n, 0n]) {
      const since = performance.now();
      const { seconds, nanoseconds } = monotonicNow();
      const now = BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds);
      const start = now - (target - before);
      // A start before the machine's own has negative seconds.
      const second = start / 1_000_000_000n - 1n;
      const difference = elapsed({
        seconds: Number(second),
        nanoseconds: Number(start - second * 1_000_000_000n),
      }) - (target - before);
      assertGreaterOrEqual(difference, 0n);
      assertGreaterOrEqual(mostSince(since), difference);
    }
  }
});

Deno.test("writeElapsed() is exact to the nanosecond beyond 2^53", () => {
  const century = 100 * 365 * 86_400;
  const near = monotonicNow();
  const far = { ...near, seconds: near.seconds - century };
  const before = elapsed(near);
  const between = elapsed(far) - BigInt(century) * 1_000_000_000n;
  const after = elapsed(near);
  assert(
    before <= between && between <= after,
    `${before} ${between} ${after}`,
  );
});
