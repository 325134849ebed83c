import { assert, assertEquals } from "@std/assert";
import { type Frame, NONCE_TERMINAL, Status } from "../../../mod.ts";
import { Controls } from "../../../src/cli/watch/_controls.ts";
import { Roster } from "../../../src/cli/watch/_roster.ts";
import { screenLines } from "../../../src/cli/watch/_screen.ts";
import { Selection } from "../../../src/cli/watch/_selection.ts";
import { NonceOrder } from "../../../src/observer/_nonce_order.ts";
import { StallTracker } from "../../../src/observer/_stalls.ts";
import { plain } from "../../support/frames.ts";

/** Several times what any table holds. */
const AGENTS = 100_000;
const BETWEEN_AGENTS = 86; // ms, so that a million come and go in a day
const END = AGENTS * BETWEEN_AGENTS;
const THRESHOLD = 5_000;

declare const gc: (() => void) | undefined;

/** Returns the bytes of the heap that are in use. */
function heapUsed(): number {
  gc?.();
  return Deno.memoryUsage().heapUsed;
}

Deno.test("cli watch has constant memory while 100,000 agents come and go", () => {
  const order = new NonceOrder();
  const tracker = new StallTracker(THRESHOLD);
  const roster = new Roster(THRESHOLD, () => ({ isRunning: false }));
  const controls = new Controls();
  const selection = new Selection();
  const screen = { columns: 80, rows: 24, isUnicode: true };

  const send = (fields: Partial<Frame>, now: number) => {
    const timestamp = BigInt(Math.round(now)) * 1_000_000n;
    const frame = { ...plain, timestamp, ...fields };
    assert(order.accept(frame));
    roster.add({ kind: "beat", frame }, now);
    const change = tracker.note(frame, now);
    if (change) roster.add(change, now);
  };
  const draw = (now: number) => {
    for (const change of tracker.due(now)) roster.add(change, now);
    roster.search(now);
    selection.update(roster, controls, now);
    return screenLines({
      ...{ path: "s", roster, controls, selection, now, ...screen },
      warnings: [],
    });
  };

  let early = 0;
  for (let i = 0; i < AGENTS; i++) {
    const now = i * BETWEEN_AGENTS;
    const pid = 10 + i;
    send({ pid, nonce: 1n, status: Status.Degraded }, now);
    send({ pid, nonce: 2n }, now + 20);
    // Half of the agents send a terminal beat, the others are killed.
    const terminal = { nonce: NONCE_TERMINAL, status: Status.Critical };
    if (i % 2 === 0) send({ pid, ...terminal }, now + 40);
    if (i % 200 === 0) draw(now + 60);
    if (i === AGENTS / 5) early = heapUsed();
  }
  const growth = heapUsed() - early;
  assert(growth < 2 ** 18, `${growth} bytes more after the first fifth`);

  draw(END + 11 * THRESHOLD);
  const lines = draw(END + 12 * THRESHOLD + 1_000);
  assertEquals(roster.totals, {
    agents: AGENTS,
    gone: AGENTS / 2,
    ended: AGENTS / 2,
    beats: 2.5 * AGENTS,
    lost: 0n,
    stalls: 0,
    rejected: 0,
  });
  assert(
    lines.some(([span]) => span?.text.startsWith("50000 gone, the last: ")),
  );
});
