import { assert, assertEquals } from "@std/assert";
import {
  type Frame,
  NONCE_TERMINAL,
  Status,
  type VlpVersion,
} from "../../mod.ts";
import { NonceOrder } from "../../src/observer/_nonce_order.ts";
import { plain } from "../support/frames.ts";

// tests/interop/nonce_order_test.ts compares it with both releases of varta-watch.

/** Returns for each nonce whether it is accepted, one after another. */
function accept(nonces: bigint[], version: VlpVersion = 2): boolean[] {
  const order = new NonceOrder();
  return nonces.map((nonce) => order.accept({ ...plain, version, nonce }));
}

Deno.test("NonceOrder.accept() accepts only nonces above the last one", () => {
  assertEquals(
    accept([0n, 1n, 1n, 0n, 7n, 6n, 8n]),
    [true, true, false, false, true, false, true],
  );
  const high = NONCE_TERMINAL - 1n; // where version 1 stops counting
  assertEquals(accept([high, high], 1), [true, false]);
});

// The distance is that of varta-watch 0.2.0: 2^20 from either end.
Deno.test("NonceOrder.accept() accepts a count that begins again in version 2", () => {
  const distance = 1_048_576n;
  const high = NONCE_TERMINAL - distance;
  assertEquals(accept([high, 0n, 1n]), [true, true, true]);
  assertEquals(accept([high, distance - 1n]), [true, true]);
  assertEquals(accept([high, distance]), [true, false]);
  assertEquals(accept([high - 1n, 0n]), [true, false]);
  assertEquals(accept([high, 0n, 1n], 1), [true, false, false]);
});

Deno.test("NonceOrder.accept() accepts every terminal frame", () => {
  const terminal = NONCE_TERMINAL;
  assertEquals(accept([5n, terminal, terminal]), [true, true, true]);
  // After it as after any nonce: only a count that begins again is in order.
  assertEquals(
    accept([terminal, 2n ** 40n, NONCE_TERMINAL - 1n, 1n, 2n]),
    [true, false, false, true, true],
  );
  assertEquals(accept([terminal, 1n], 1), [true, false]);
});

Deno.test("NonceOrder.accept() tells pids apart", () => {
  const order = new NonceOrder();
  for (const pid of [2, 3]) assert(order.accept({ ...plain, pid, nonce: 9n }));
  assertEquals(order.accept({ ...plain, pid: 2, nonce: 9n }), false);
  assertEquals(order.accept({ ...plain, pid: 3, nonce: 10n }), true);
});

Deno.test("NonceOrder remembers 16,384 pids, and twice as many at most", () => {
  const order = new NonceOrder();
  const isNew = (pid: number) => order.accept({ ...plain, pid });
  for (let pid = 1; pid <= 16_384; pid++) assert(isNew(pid));
  assertEquals(isNew(1), false);
  for (let pid = 20_001; pid <= 36_384; pid++) {
    assertEquals(isNew(1), false, `${pid}`);
    assert(isNew(pid));
  }
  assert(isNew(1));
});

/** Returns whether each frame is accepted by the rule of 0.2.0, and of 0.3.0. */
function acceptBoth(frames: Partial<Frame>[]): [boolean[], boolean[]] {
  const accept = (order: NonceOrder) =>
    frames.map((fields) => order.accept({ ...plain, version: 2, ...fields }));
  return [accept(new NonceOrder("0.2.0")), accept(new NonceOrder("0.3.0"))];
}

const terminal = { nonce: NONCE_TERMINAL, status: Status.Critical };

Deno.test("NonceOrder of 0.3.0 lets the ordinary beats after a terminal one go on", () => {
  assertEquals(
    // As with `nonce: "clock"`, far from a count that begins again.
    acceptBoth([
      ...[{ nonce: 2n ** 40n }, terminal],
      ...[{ nonce: 2n ** 40n + 1n }, { nonce: 2n ** 40n + 1n }],
    ]),
    [[true, true, false, false], [true, true, true, false]],
  );
});

Deno.test("NonceOrder of 0.3.0 compares the timestamps of terminal beats", () => {
  const timestamps = [0n, 0n, 7n, 7n, 3n, 8n];
  assertEquals(
    acceptBoth(timestamps.map((timestamp) => ({ ...terminal, timestamp }))),
    [[true, true, true, true, true, true], [
      ...[true, false, true, false, false, true],
    ]],
  );
});

Deno.test("NonceOrder of 0.3.0 has the same order for version 1", () => {
  const frames = [terminal, terminal, { nonce: 1n }, { nonce: 2n ** 40n }];
  const [of02, of03] = acceptBoth(
    frames.map((fields) => ({ ...fields, version: 1 })),
  );
  assertEquals(of03, of02);
});
