import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { TestFolder } from "../support/test_folder.ts";
import { printProgress, runTests } from "./test_report.ts";

const report = import.meta.resolve("./test_report.ts");

/** Reports files of tests, each one the result of a `deno test`, and then the totals. */
async function reportFiles(
  ...files: string[]
): Promise<{ code: number; lines: string[] }> {
  return await reportWithLimit("", files);
}

/** The same, if at most so many tests may be skipped. */
async function reportWithLimit(
  maxSkipped: string,
  files: string[],
): Promise<{ code: number; lines: string[] }> {
  using folder = new TestFolder();
  const paths = files.map((content, i) => {
    const path = folder.file(`${i}_test.ts`);
    Deno.writeTextFileSync(path, content);
    return path;
  });
  const program = folder.file("report.ts");
  Deno.writeTextFileSync(
    program,
    `
      import { printTotals, runTests } from ${JSON.stringify(report)};
      const runs = [];
      for (const path of ${JSON.stringify(paths)}) {
        const args = ["--no-check", "--no-config", "-A", path];
        runs.push(await runTests(Deno.execPath(), args));
      }
      printTotals(runs);
    `,
  );
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "--no-config", "-A", program],
    env: { NO_COLOR: "1", MAX_SKIPPED: maxSkipped },
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  assertEquals(decoder.decode(stderr), "");
  return { code, lines: decoder.decode(stdout).trimEnd().split("\n") };
}

const PASSES = 'Deno.test("passes", () => {});';
const FAILS = 'Deno.test("fails", () => { throw new Error("on purpose"); });';

Deno.test("runTests() prints one line if all tests pass", async () => {
  const { code, lines } = await reportFiles(PASSES);
  assertEquals(code, 0);
  assertStringIncludes(lines[0], "ok | 1 passed | 0 failed");
  assertEquals(lines.slice(1), ["1 passed, 0 failed", "No test was skipped"]);
});

Deno.test("runTests() reports a test that fails, with its output", async () => {
  const { code, lines } = await reportFiles(PASSES, PASSES + FAILS, PASSES);
  assertEquals(code, 1);
  assertStringIncludes(lines.join("\n"), "error: Error: on purpose");
  assertEquals(lines.at(-2), "3 passed, 1 failed");
});

/** Files with which `deno test` fails, though it reports no test that fails. */
const failures: Record<string, string> = {
  "a crash":
    `${PASSES} Deno.test("dies", () => Deno.kill(Deno.pid, "SIGKILL"));`,
  "a file that exits": `${PASSES} Deno.exit(0);`,
  "a file that throws": `${PASSES} throw new Error("on purpose");`,
  "a file with a wrong import": 'import "./none.ts";',
};

for (const [name, content] of Object.entries(failures)) {
  Deno.test(`runTests() reports ${name} as a failure`, async () => {
    const { code, lines } = await reportFiles(PASSES, content);
    assertEquals(code, 1);
    assertEquals(lines.at(-2), "1 passed, 1 failed");
  });
}

Deno.test("printTotals() counts the reasons why tests were skipped", async () => {
  const skipped = (name: string) =>
    `Deno.test(${JSON.stringify(name)}, { ignore: true }, () => {});`;
  const first = skipped("first (skipped: no Linux)") + skipped("second");
  const { code, lines } = await reportFiles(
    PASSES + first,
    skipped("third (skipped: no Linux)"),
  );
  assertEquals(code, 0);
  assertEquals(lines.slice(-2), [
    "1 passed, 0 failed",
    "3 tests were skipped: 2 (no Linux), 1 (not for this system or this release of Deno)",
  ]);
});

Deno.test("printProgress() prints how many tests have ended", async () => {
  const lines: string[] = [];
  using folder = new TestFolder();
  const path = folder.file("a_test.ts");
  const waits = "new Promise((resolve) => setTimeout(resolve, 1_000))";
  Deno.writeTextFileSync(
    path,
    `${PASSES} Deno.test("waits", () => ${waits});`,
  );
  const { log } = console;
  console.log = (line) => lines.push(line);
  try {
    using _progress = printProgress(20);
    await runTests(Deno.execPath(), ["--no-check", "--no-config", path]);
  } finally {
    console.log = log;
  }
  assert(lines.some((line) => /^\d+ s: 1 tests have ended$/.test(line)));
});

Deno.test("printTotals() fails if more tests are skipped than allowed", async () => {
  const skipped = 'Deno.test("skipped", { ignore: true }, () => {});';
  const files = [PASSES + skipped + skipped];
  assertEquals((await reportWithLimit("2", files)).code, 0);
  const { code, lines } = await reportWithLimit("1", files);
  assertEquals([code, lines.at(-1)], [1, "At most 1 may be skipped here"]);
});
