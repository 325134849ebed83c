import { assert, assertEquals, assertMatch } from "@std/assert";
import { findProgram, reasonForAbsence, RELEASES } from "./interop/releases.ts";
import { Cli, runCli } from "./support/cli.ts";
import { blocksOf, startExample } from "./support/examples.ts";
import { TestObserver } from "./support/observer.ts";
import { end } from "./support/process.ts";
import { TestFolder } from "./support/test_folder.ts";
import { testUnless } from "./support/test_unless.ts";
import { exists, until } from "./support/until.ts";

// `examples_test.ts` runs the examples, and these are the commands.
const ROOT = new URL("../", import.meta.url);
const COMMANDS = blocksOf("README.md", "sh").flatMap((block) =>
  block.trimEnd().split("\n")
);
const SOCKET = /\/(tmp|run)\/varta\.sock/;

/** The arguments of the commands that begin so. */
function argumentsAfter(beginning: string): string[][] {
  return COMMANDS.filter((command) => command.startsWith(beginning))
    .map((command) => command.slice(beginning.length).trim().split(" "));
}

Deno.test("README.md and CONTRIBUTING.md name tasks that exist", () => {
  const { tasks } = JSON.parse(
    Deno.readTextFileSync(new URL("deno.json", ROOT)),
  );
  for (const path of ["README.md", ".github/CONTRIBUTING.md"]) {
    const text = Deno.readTextFileSync(new URL(path, ROOT));
    const names = [
      ...text.matchAll(/deno(?:@[\d.]+)? task ([\w:.]*\w)/g),
      // A list that begins with a command: `deno task fuzz`, `soak`, `flood`.
      ...Array.from(text.matchAll(/`deno task [^`]+`(?:, `[\w:.]+`)+/g))
        .flatMap(([list]) => [...list.matchAll(/, `([\w:.]+)`/g)]),
    ].map(([, name]) => name);
    assert(names.length > 2);
    assertEquals(names.filter((name) => !(name in tasks)), []);
  }
});

Deno.test("README.md has commands of the command line that succeed", async () => {
  const commands = COMMANDS
    .map((command) => /^deno run .*jsr:@varta\/client\/cli (.*)$/.exec(command))
    .flatMap((match) => match ? [match[1]] : []);
  assert(commands.length > 0);
  for (const command of commands) {
    using folder = new TestFolder();
    const path = folder.file("socket");
    const args = command.split(" ").map((argument) =>
      argument.replace(SOCKET, () => path)
    );
    if (args[0] === "watch") {
      await using observer = new Cli(args);
      await until("the socket exists", () => exists(path));
      assertEquals((await runCli(["beat", path])).code, 0);
      assertMatch((await observer.readLine())!, /status=Ok/);
    } else if (args[0] !== "check") { // tests/cli/check runs it
      using _observer = new TestObserver(path);
      assertEquals((await runCli(args)).code, 0);
    }
  }
});

testUnless(
  reasonForAbsence(RELEASES[1]),
  "README.md has a first example that varta-watch counts",
  async () => {
    using folder = new TestFolder();
    const path = folder.file("socket");
    const [args] = argumentsAfter("varta-watch ");
    const observer = new Deno.Command(findProgram(RELEASES[1])!, {
      args: args.map((argument) => argument.replace(SOCKET, () => path)),
      cwd: folder.path,
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    const [code] = blocksOf("README.md", "ts ignore");
    const example = startExample(code, folder, ["--allow-ffi"], {
      "/tmp/varta.sock": path,
      "/run/varta.sock": path,
    });
    try {
      const row = `\tbeat\t${example.pid}\t`;
      await until("the beat is exported", () => {
        const file = folder.file("beats.tsv");
        return exists(file) && Deno.readTextFileSync(file).includes(row);
      });
    } finally {
      await end(example);
      await end(observer);
      const { stderr } = await example.output();
      assertEquals(new TextDecoder().decode(stderr), "");
    }
  },
);
