import { assertEquals, assertGreaterOrEqual } from "@std/assert";
import { testUnless } from "../../support/test_unless.ts";
import { INTERVAL, reasonForNone, recover, THRESHOLD } from "./recovery.ts";

testUnless(
  reasonForNone,
  "varta-watch kills a server whose event loop is blocked",
  async () => {
    const lines: string[] = [];
    const { pids, code, untilKill, untilBeat } = await recover((line) =>
      void lines.push(line)
    );
    assertEquals(lines.length, 6);
    assertEquals(code, 137); // of SIGKILL
    assertEquals(new Set(pids).size, 2);
    // The silence began with the last beat before the block.
    assertGreaterOrEqual(untilKill, THRESHOLD - 2 * INTERVAL);
    // Far longer than it takes, but not what a busy machine adds.
    assertGreaterOrEqual(10 * THRESHOLD, untilKill);
    assertGreaterOrEqual(untilBeat, untilKill);
  },
);
