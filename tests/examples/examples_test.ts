import { assert, assertEquals, assertMatch } from "@std/assert";
import { checkExamples } from "../support/examples.ts";
import {
  commandOf,
  EXAMPLE_FILES,
  ExampleFile,
  readExample,
} from "../support/example_file.ts";
import { TestFolder } from "../support/test_folder.ts";
import { isDenoBefore, testUnless } from "../support/test_unless.ts";

for (const name of EXAMPLE_FILES) {
  Deno.test(`${name} begins with a comment, and has 15 to 60 lines`, () => {
    const text = readExample(name);
    assertMatch(text, /^\/\*\*\n \* [A-Z]/);
    const { length } = text.trimEnd().split("\n");
    assert(length >= 15 && length <= 60, `${length} lines`);
    // Its module comment says which program starts the Worker.
    if (name === "worker_pool_worker.ts") return;
    assertEquals(commandOf(name).split(" ").at(-1), name);
  });
}

testUnless(
  isDenoBefore("2.9.0")
    ? "Deno has the types of some examples since 2.9"
    : undefined,
  "tests/examples has examples whose types are right",
  async () => {
    using folder = new TestFolder();
    const codes = EXAMPLE_FILES.map(readExample);
    assertEquals(await checkExamples(codes, folder), "");
  },
);

Deno.test("service_test.ts passes with its command", async () => {
  using folder = new TestFolder();
  await using example = new ExampleFile("service_test.ts", folder, "");
  const { code, stdout, stderr } = await example.output();
  assertEquals(code, 0, stdout + stderr);
  assertMatch(stdout, /ok \| 1 passed \| 0 failed/);
});
