import { assert, assertEquals, assertMatch } from "@std/assert";
import { runProgram } from "../support/process.ts";
import { TestFolder } from "../support/test_folder.ts";

Deno.test("kernel_facts.ts prints facts, without an error", async () => {
  using folder = new TestFolder();
  const { code, stdout, stderr } = await runProgram(
    import.meta.resolve("./kernel_facts.ts"),
    [],
    ["--allow-all"],
    { env: { TMPDIR: folder.path } },
  );
  assertEquals({ code, stderr }, { code: 0, stderr: "" });
  const [title, ...lines] = stdout.split("\n");
  assertMatch(
    title,
    RegExp(`^${Deno.build.os} .*, Deno ${Deno.version.deno}$`),
  );
  const facts: Record<string, string> = Object.fromEntries(
    lines.map((line) => line.split(": ", 2)),
  );
  for (const [name, fact] of Object.entries(facts)) {
    // An errno has another form: ENOENT.
    assert(!/Error|undefined/.test(fact), `${name}: ${fact}`);
  }
  // What is so on every system.
  assertEquals(facts["bind to an existing file"], "EADDRINUSE");
  assertEquals(facts["recv from an empty queue"], "EAGAIN");
  assertEquals(facts["lstat, as Deno reads it"], "the same");
  assertMatch(
    facts["connect to a missing file, a directory, a plain file"],
    /^ENOENT, /,
  );
  assertEquals([...Deno.readDirSync(folder.path)], []);
});
