import { assert, assertEquals } from "@std/assert";
import { MonotonicClock, monotonicNow } from "../../ffi/monotonic_clock.ts";

const SECOND = 1_000_000_000n;
/** The range of a clock's seconds, which it counts modulo 2^32. */
const RANGE = 2n ** 32n * SECOND;

function elapsed(clock: MonotonicClock): bigint {
  const words = new Uint32Array(4);
  clock.writeElapsed(words, 2);
  assertEquals([...words.subarray(0, 2)], [0, 0]);
  return new BigUint64Array(words.buffer)[1];
}

/** Asserts that a clock that started `ago` nanoseconds before now shows that. */
function assertShows(ago: bigint) {
  const before = monotonicNow();
  const start = (before - ago % RANGE + RANGE) % RANGE;
  const shown = elapsed(new MonotonicClock(start));
  const after = monotonicNow();
  assert(ago <= shown && shown <= ago + after - before, `${ago}: ${shown}`);
}

Deno.test("monotonicNow() goes on as fast as performance.now()", async () => {
  const outer = performance.now();
  const start = monotonicNow();
  const inner = performance.now();
  await new Promise((resolve) => setTimeout(resolve, 20));
  const least = performance.now() - inner;
  const milliseconds = Number(monotonicNow() - start) / 1e6;
  const most = performance.now() - outer;
  // performance.now() may be coarse to 1 ms.
  assert(least - 1 <= milliseconds && milliseconds <= most + 1);
});

Deno.test("MonotonicClock.start is the time of its creation", () => {
  const before = monotonicNow();
  const { start } = new MonotonicClock();
  assert(before <= start && start <= monotonicNow());
  assertEquals(new MonotonicClock(7n * SECOND + 9n).start, 7n * SECOND + 9n);
});

Deno.test("MonotonicClock.writeElapsed() starts at 0 and never goes back", () => {
  const before = monotonicNow();
  const clock = new MonotonicClock();
  let last = elapsed(clock);
  assert(last <= monotonicNow() - before);
  for (let i = 0; i < 10_000; i++) {
    const next = elapsed(clock);
    assert(next >= last);
    last = next;
  }
});

Deno.test("MonotonicClock.writeElapsed() is exact at each 32-bit boundary", () => {
  const boundaries = [
    2n ** 32n,
    2n ** 33n,
    2n ** 52n,
    2n ** 53n,
    2n ** 53n + 1n,
    2n ** 60n,
    2n ** 61n,
    RANGE - 4n * SECOND,
  ];
  for (const boundary of boundaries) {
    for (const before of [2n * SECOND, SECOND / 2n, 1n, 0n]) {
      assertShows(boundary - before);
    }
    // So that some readings are less than a double's precision below it.
    for (let before = 0n; before < 20_000n; before += 50n) {
      assertShows(boundary - before);
    }
  }
});

Deno.test("MonotonicClock.writeElapsed() is exact to the nanosecond above 2^53", () => {
  const century = 100n * 365n * 86_400n * SECOND;
  const near = new MonotonicClock();
  const far = new MonotonicClock((near.start - century + RANGE) % RANGE);
  const before = elapsed(near);
  const between = elapsed(far) - century;
  const after = elapsed(near);
  assert(before <= between && between <= after);
});
