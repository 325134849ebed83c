import { assert, assertEquals, assertMatch } from "@std/assert";
import { Status, Varta } from "../mod.ts";
import { findBinary, RELEASES } from "./interop/releases.ts";
import { Cli, CLI_ARGS, runCli } from "./support/cli.ts";
import { TestFolder } from "./support/observer.ts";
import { exists, until } from "./support/until.ts";

// The examples are run by `examples_test.ts`; here are the commands.
const ROOT = new URL("../", import.meta.url);
const README = Deno.readTextFileSync(new URL("README.md", ROOT));
const { tasks } = JSON.parse(
  Deno.readTextFileSync(new URL("deno.json", ROOT)),
);

/** The lines of the README's `sh` blocks that begin so, without that. */
function commandsOf(beginning: string): string[] {
  const blocks = Array.from(README.matchAll(/^```sh\n(.*?)^```/gms));
  return blocks.flatMap(([_, lines]) => lines.trimEnd().split("\n"))
    .filter((line) => line.startsWith(beginning))
    .map((line) => line.slice(beginning.length));
}

Deno.test("README.md has what a stranger asks, in that order", () => {
  const headings = Array.from(README.matchAll(/^#{2,3} (.*)$/gm));
  assertEquals(headings.map(([_, heading]) => heading), [
    "Use",
    "A heartbeat in a server",
    "Outcomes",
    "Flags",
    "Versions and observers",
    "Over UDP",
    "Figures",
    "What it costs",
    "What it withstands",
    "Platforms",
    "How it compares",
    "Development",
  ]);
  // Before them: what it is, a picture, and two commands.
  const [beginning, ...sections] = README.split(/^## /m);
  assertMatch(beginning, /^# @varta\/client\n\n\w.*\n```text\n.*\n```sh\n/s);
  // Two screens, of fifty lines each, up to what is looked up.
  const lines = [beginning, ...sections.slice(0, 2)].join("").split("\n");
  assert(lines.length <= 100, `${lines.length} lines`);
});

Deno.test("README.md has two commands, the demo's and the tests'", () => {
  assertEquals(commandsOf("npx -y deno@2.9.6 task "), ["demo", "test"]);
});

Deno.test("README.md and CONTRIBUTING.md name tasks that there are", () => {
  const page = new URL(".github/CONTRIBUTING.md", ROOT);
  for (const text of [README, Deno.readTextFileSync(page)]) {
    const named = [...text.matchAll(/`deno task ([^`]+)`((?:, `[\w:]+`)*)/g)]
      .flatMap(([_, first, more]) => [
        first.split(" ")[0],
        ...Array.from(more.matchAll(/`([\w:]+)`/g), ([_, task]) => task),
      ]);
    assert(named.length > 5);
    for (const task of named) assert(task in tasks, task);
  }
});

Deno.test("README.md has commands of the command line that do as it says", async () => {
  const entryPoint = "deno run --allow-ffi jsr:@varta/client/cli ";
  const commands = commandsOf(entryPoint);
  assertEquals(commands.map((command) => command.split(" ")[0]), [
    "watch",
    "beat",
    "--help",
  ]);
  assert(CLI_ARGS.includes("--allow-ffi"));
  using folder = new TestFolder();
  const [watch, beat, help] = commands.map((command) =>
    command.replace("/tmp/varta.sock", folder.file("socket")).split(" ")
  );

  await using observer = new Cli([...watch, "--json"]);
  await until("the socket is there", () => exists(watch[1]));
  assertEquals((await runCli(beat)).code, 0);
  assertMatch((await observer.readLine())!, /"payload":"17"/);
  assertEquals((await runCli(help)).code, 0);
});

for (const release of RELEASES) {
  const program = findBinary(release);
  Deno.test({
    name:
      `README.md starts varta-watch ${release.number} by a command that it takes`,
    ignore: program === undefined,
    async fn() {
      using folder = new TestFolder();
      const path = folder.file("socket");
      const [args] = commandsOf("varta-watch ");
      const child = new Deno.Command(program!, {
        args: args.replace("/run/varta.sock", path).split(" "),
        stdin: "null",
        stdout: "null",
        stderr: "null",
      }).spawn();
      try {
        await until("the socket is there", () => exists(path));
        using agent = Varta.connect(path, { version: release.version });
        assertEquals(agent.beat(Status.Ok), { kind: "sent" });
      } finally {
        child.kill("SIGKILL");
        await child.status;
      }
    },
  });
}
