import { assert } from "@std/assert";
import { isEmulated, resultOf } from "../support/process.ts";
import { TestFolder } from "../support/test_folder.ts";
import { testUnless } from "../support/test_unless.ts";
import type { IdleFigures } from "./programs/idle.ts";

testUnless(
  Deno.build.os !== "linux"
    ? "not Linux"
    : isEmulated
    ? "the emulator is slow"
    : undefined,
  "Observer's loops take no processor time while they wait",
  async () => {
    using folder = new TestFolder();
    const { idle, latencies } = await resultOf<IdleFigures>(
      import.meta.resolve("./programs/idle.ts"),
      [folder.file("socket")],
      ["--allow-all"],
    );
    assert(idle < 0.01, `${(100 * idle).toFixed(2)}% of a core`);
    // Nor do they make up for that by polling now and then.
    const median = latencies[latencies.length / 2];
    assert(median < 5, `A beat takes ${median.toFixed(2)} ms`);
  },
);
