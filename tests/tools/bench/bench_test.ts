import { assert, assertEquals } from "@std/assert";
import { hasProgram, isEmulated, runProgram } from "../../support/process.ts";
import { TestFolder } from "../../support/test_folder.ts";
import { isDenoBefore, testUnless } from "../../support/test_unless.ts";
import type { Output } from "./request.ts";

const SHORT = ["--rounds=20", "--beats=3", "--interval=1"];

/** Some of the bounds that figures must be compared with. */
const BOUNDS: Record<string, number> = {
  "a beat in a loop: version 1 against C": 1,
  "a beat in a loop: version 2 against version 1": 1.05,
  "a beat in a loop: version 1, bigint payload against version 1": 1.03,
  "a beat in a loop: version 1, no payload against version 1": 1.03,
  'a beat in a loop: version 1, nonce: "clock" against version 1': 1.03,
  "a beat in a loop: ping against version 1": 1.03,
  "a beat every 1 ms, version 1 against one flat function": 1.2,
  "a beat every 1 ms, version 2 against one flat function": 1.4,
  'a beat every 1 ms, version 1, nonce: "clock" against version 1': 1.03,
  'a beat every 1 ms, version 2, nonce: "clock" against version 2': 1.03,
  "a beat every 1 ms, ping against version 1": 1.03,
  "decoding frames: two pids in turn against one pid": 1.05,
};

const reason = Deno.build.os !== "linux"
  ? "only on Linux"
  : isEmulated
  ? "an emulator"
  : isDenoBefore("2.8.3")
  ? "requires Deno 2.8.3"
  : hasProgram("cc")
  ? undefined
  : "no C compiler";

testUnless(
  reason,
  "bench.ts writes figures, their bounds and tables to a file",
  async () => {
    using folder = new TestFolder();
    const file = folder.file("figures.json");
    const { stderr } = await runProgram(
      import.meta.resolve("./bench.ts"),
      ["--only=pace,loop,decode", ...SHORT, `--json=${file}`],
      ["--allow-all"],
    );
    assertEquals(stderr, "");
    const { figures, tables } = JSON.parse(
      Deno.readTextFileSync(file),
    ) as Output;
    assert(figures.length > 10 && tables.length > 5);
    for (const { name, value } of figures) {
      assert(Number.isFinite(value), name);
    }
    for (const [name, bound] of Object.entries(BOUNDS)) {
      const figure = figures.find((figure) => figure.name === name);
      assertEquals(figure?.bound, bound, name);
    }
  },
);
