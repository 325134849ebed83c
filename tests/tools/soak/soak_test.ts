import { assert, assertEquals, assertGreaterOrEqual } from "@std/assert";
import { runProgram } from "../../support/process.ts";

const MEBIBYTE = 2 ** 20;

Deno.test("soak() counts a million beats and a flood exactly, in constant memory", async () => {
  // In a process of its own, whose descriptors nothing else opens or closes.
  const { code, stdout, stderr } = await runProgram(
    import.meta.resolve("./soak.ts"),
    ["--beats", "1000000", "--flood", "100000"],
    ["--allow-all", "--v8-flags=--expose-gc"],
  );
  assertEquals({ code, stderr }, { code: 0, stderr: "" });
  const { restarts, invalid, heapGrowth, flood } = JSON.parse(stdout);
  assertGreaterOrEqual(restarts, 20);
  assertGreaterOrEqual(invalid, 10_000);
  assertEquals(flood.received, 100_000);
  assert(heapGrowth < MEBIBYTE, `the heap grew by ${heapGrowth} bytes`);
});
