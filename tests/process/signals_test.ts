import { assertEquals, assertGreaterOrEqual } from "@std/assert";
import { resultOf } from "../support/process.ts";
import { notLinux, testUnless } from "../support/test_unless.ts";
import type { SignalResult } from "./programs/signals.ts";

const BEATS = 20_000;
const RESTARTS = 2_000;
const SIGNALS = 1_000;

/** Runs the program `signals.ts`, and checks that it received enough signals. */
async function run(situation: string, rounds: number): Promise<SignalResult> {
  const result = await resultOf<SignalResult>(
    import.meta.resolve("./programs/signals.ts"),
    [situation, String(rounds), String(SIGNALS)],
    ["--allow-all"],
  );
  assertGreaterOrEqual(result.rounds, rounds);
  assertGreaterOrEqual(result.signals, SIGNALS);
  return result;
}

testUnless(
  notLinux,
  "Varta.beat() loses no beat while signals arrive",
  async () => {
    const { rounds, outcomes, received, last } = await run("received", BEATS);
    assertEquals(outcomes, { sent: rounds });
    assertEquals([received, last], [rounds, rounds]);
  },
);

testUnless(
  notLinux,
  "Varta.beat() is not interrupted by signals while the queue is full",
  async () => {
    const { rounds, outcomes } = await run("full", BEATS);
    assertEquals(outcomes, { "dropped kernel-queue-full EAGAIN": rounds });
  },
);

testUnless(
  notLinux,
  "Varta.beat() loses two beats at each restart while signals arrive",
  async () => {
    const { rounds, outcomes, received, last } = await run(
      "restarted",
      RESTARTS,
    );
    assertEquals(outcomes, {
      "dropped no-observer ECONNREFUSED": rounds,
      "dropped peer-gone ENOTCONN": rounds,
      sent: rounds,
    });
    assertEquals([received, last], [rounds, 3 * rounds]);
  },
);
