import { assert, assertEquals } from "@std/assert";
import { hasProgram, isEmulated, runProgram } from "../../support/process.ts";
import { TestFolder } from "../../support/test_folder.ts";
import { testUnless } from "../../support/test_unless.ts";
import type { Figure, Table } from "./request.ts";

const SHORT = ["--rounds=20", "--beats=3", "--interval=1"];

const isOld = Deno.version.deno
  .localeCompare("2.8.3", "en", { numeric: true }) < 0;
const reason = Deno.build.os !== "linux"
  ? "only on Linux"
  : isEmulated
  ? "an emulator"
  : isOld
  ? "requires Deno 2.8.3"
  : hasProgram("cc")
  ? undefined
  : "no C compiler";

testUnless(
  reason,
  "bench.ts writes figures and tables to a file",
  async () => {
    using folder = new TestFolder();
    const file = folder.file("figures.json");
    const { stderr } = await runProgram(
      import.meta.resolve("./bench.ts"),
      ["--only=pace,loop,decode", ...SHORT, `--json=${file}`],
      ["--allow-all"],
    );
    assertEquals(stderr, "");
    const { figures, tables } = JSON.parse(Deno.readTextFileSync(file)) as {
      figures: Figure[];
      tables: Table[];
    };
    assert(figures.length > 10 && tables.length > 5);
    for (const { name, value } of figures) {
      assert(Number.isFinite(value), name);
    }
  },
);
