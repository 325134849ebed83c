import { assertEquals, assertStringIncludes } from "@std/assert";
import { TestObserver } from "../support/observer.ts";
import { runProgram } from "../support/process.ts";

/** How a process ends: its exit code, and what it prints on stderr. */
const endings: [ending: string, code: number, stderr: string][] = [
  ["return", 0, ""],
  ["reconnect", 0, ""],
  ["beat later", 0, ""],
  ["clear interval", 0, ""],
  ["exit", 3, ""],
  ["throw", 1, "Error: thrown at the end"],
];

Deno.test("Varta keeps no process alive that leaves it open", async () => {
  using observer = new TestObserver();
  for (const [ending, code, stderr] of endings) {
    const result = await runProgram(
      import.meta.resolve("./programs/exit.ts"),
      [observer.path, ending],
      ["--allow-ffi"],
    );
    assertEquals(result.code, code, ending);
    assertStringIncludes(result.stderr, stderr);
  }
  // One beat more than endings, by the one that beats later.
  assertEquals(observer.receiveAll().length, endings.length + 1);
});
