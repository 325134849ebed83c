import { assert, assertEquals, assertGreaterOrEqual } from "@std/assert";
import { MonotonicClock } from "../../ffi/monotonic_clock.ts";

function elapsed(clock: MonotonicClock): bigint {
  const view = new DataView(new ArrayBuffer(16));
  clock.writeElapsed(view, 8);
  assertEquals(view.getBigUint64(0, true), 0n);
  return view.getBigUint64(8, true);
}

/** Asserts that `clock` is at `expected` ns, give or take a second for the run. */
function assertElapsed(clock: MonotonicClock, expected: bigint) {
  const difference = elapsed(clock) - expected;
  assert(difference >= 0n && difference < 1_000_000_000n, `${difference}`);
}

Deno.test("MonotonicClock.now() advances with the time that passes", () => {
  const before = performance.now();
  const start = MonotonicClock.now();
  while (performance.now() - before < 20);
  const end = MonotonicClock.now();
  const milliseconds = (end.seconds - start.seconds) * 1e3 +
    (end.nanoseconds - start.nanoseconds) / 1e6;
  assertGreaterOrEqual(milliseconds, 15);
  assert(milliseconds < 1_000);
});

Deno.test("MonotonicClock.writeElapsed() starts at 0 and never goes back", () => {
  const clock = new MonotonicClock();
  let last = elapsed(clock);
  assert(last < 1_000_000_000n);
  for (let i = 0; i < 10_000; i++) {
    const next = elapsed(clock);
    assert(next >= last);
    last = next;
  }
});

Deno.test("MonotonicClock.writeElapsed() is right on both sides of each 32-bit boundary", () => {
  for (
    const target of [
      2n ** 32n,
      2n ** 33n,
      2n ** 52n,
      2n ** 53n,
      2n ** 53n + 1n,
      2n ** 60n,
      2n ** 63n,
      2n ** 64n - 4_000_000_000n,
    ]
  ) {
    for (const before of [2_000_000_000n, 500_000_000n, 1n, 0n]) {
      const { seconds, nanoseconds } = MonotonicClock.now();
      const now = BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds);
      const start = now - (target - before);
      // A start before the machine's own has negative seconds.
      const second = start / 1_000_000_000n - 1n;
      const clock = new MonotonicClock({
        seconds: Number(second),
        nanoseconds: Number(start - second * 1_000_000_000n),
      });
      assertElapsed(clock, target - before);
    }
  }
});

Deno.test("MonotonicClock.writeElapsed() is exact to the nanosecond beyond 2^53", () => {
  const start = MonotonicClock.now();
  const century = 100 * 365 * 86_400;
  const near = new MonotonicClock(start);
  const far = new MonotonicClock({
    ...start,
    seconds: start.seconds - century,
  });
  const before = elapsed(near);
  const between = elapsed(far) - BigInt(century) * 1_000_000_000n;
  const after = elapsed(near);
  assert(
    before <= between && between <= after,
    `${before} ${between} ${after}`,
  );
});
