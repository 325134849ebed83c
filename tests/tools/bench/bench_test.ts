import { assert, assertEquals } from "@std/assert";
import { hasProgram, isEmulated, runProgram } from "../../support/process.ts";
import { TestFolder } from "../../support/test_folder.ts";
import { isDenoBefore, testUnless } from "../../support/test_unless.ts";
import type { Output } from "./request.ts";

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
  "bench.ts writes the figures and tables of figures.json to a file",
  async () => {
    using folder = new TestFolder();
    const file = folder.file("figures.json");
    const only = "--only=pace,loop";
    const { stderr } = await runProgram(
      import.meta.resolve("./bench.ts"),
      [only, "--rounds=20", "--beats=1", "--interval=20", `--json=${file}`],
      ["--allow-all"],
    );
    assertEquals(stderr, "");
    const read = (file: string | URL): Output =>
      JSON.parse(Deno.readTextFileSync(file));
    const short = read(file);
    const published = read(new URL("figures.json", import.meta.url));
    for (const { name, value, bound } of short.figures) {
      assert(Number.isFinite(value), name);
      const figure = published.figures.find((figure) => figure.name === name);
      assertEquals(figure?.bound, bound, name);
    }
    const ids = short.tables.map(({ id }) => id);
    assertEquals(ids, published.tables.slice(0, 6).map(({ id }) => id));
  },
);
