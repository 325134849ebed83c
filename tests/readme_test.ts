import { assert, assertEquals, assertMatch } from "@std/assert";
import { findProgram, reasonForAbsence, RELEASES } from "./interop/releases.ts";
import { Cli, runCli } from "./support/cli.ts";
import {
  blocksOf,
  deno,
  startExample,
  writeConfig,
} from "./support/examples.ts";
import { TestObserver } from "./support/observer.ts";
import { end } from "./support/process.ts";
import { TestFolder } from "./support/test_folder.ts";
import { isDenoBefore, testUnless } from "./support/test_unless.ts";
import { exists, until } from "./support/until.ts";

// `examples_test.ts` runs the examples, and these are the commands.
const ROOT = new URL("../", import.meta.url);
const COMMANDS = blocksOf("README.md", "sh").flatMap((block) =>
  block.trimEnd().split("\n")
);
const SOCKET = /\/(tmp|run)\/varta\.sock/;

function readJson(path: string) {
  return JSON.parse(Deno.readTextFileSync(new URL(path, ROOT)));
}

/** The arguments of the commands that begin so. */
function argumentsAfter(beginning: string): string[][] {
  return COMMANDS.filter((command) => command.startsWith(beginning))
    .map((command) => command.slice(beginning.length).trim().split(" "));
}

Deno.test("README.md and CONTRIBUTING.md name tasks that exist", () => {
  const { tasks } = readJson("deno.json");
  for (const path of ["README.md", ".github/CONTRIBUTING.md"]) {
    const text = Deno.readTextFileSync(new URL(path, ROOT));
    const names = [
      ...text.matchAll(/deno(?:@[\d.]+)? task ([\w:.]*\w)/g),
      // A list that begins with a command: `deno task fuzz`, `soak`.
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

const JSON_BLOCKS = blocksOf("README.md", "json").map((text) =>
  JSON.parse(text)
);

Deno.test("README.md has an import map with the entry points", () => {
  const { name, exports } = readJson("deno.json");
  const { imports } = JSON_BLOCKS.find((block) => "imports" in block);
  delete exports["./cli"]; // which is run, and not imported
  const expected = Object.entries<string>(exports).map(([key, path]) => [
    name + key.slice(1),
    path.replace("./", "../client/"),
  ]);
  assertEquals(imports, Object.fromEntries(expected));
});

testUnless(
  isDenoBefore("2.5.0") ? "deno run has no -P before Deno 2.5" : undefined,
  "README.md has permissions that suffice with -P",
  async () => {
    using folder = new TestFolder();
    using observer = new TestObserver();
    writeConfig(folder);
    const config = JSON.parse(Deno.readTextFileSync(folder.file("deno.json")));
    const block = JSON_BLOCKS.find((block) => "permissions" in block);
    const text = JSON.stringify({ ...config, ...block });
    Deno.writeTextFileSync(folder.file("deno.json"), text);
    const program = `import { Varta } from "@varta/client";
      Varta.connect(${JSON.stringify(observer.path)}).beat(0);`;
    Deno.writeTextFileSync(folder.file("main.ts"), program);
    const args = ["run", "--quiet", "--no-check", "--no-prompt"];
    const run = (...flags: string[]) =>
      deno(folder, [...args, ...flags, "main.ts"]).output();
    assertEquals((await run("-P")).code, 0);
    assertEquals(observer.receiveAll().length, 1);
    assertEquals((await run()).code, 1);
  },
);

Deno.test("README.md has the figures of the page of figures", () => {
  const { figures, tables } = readJson("tests/tools/bench/figures.json");
  const valueOf = (name: string): number =>
    figures.find((figure: { name: string }) => figure.name === name).value;
  const heartbeat = valueOf(
    "one beat a second, work of the processor in a second: startHeartbeat()",
  );
  const share = valueOf("the same, as a share of a core");
  const loop = valueOf("a beat in a loop: version 1 against C");
  const { p50 } = tables.find(({ id }: { id: string }) => id === "pace-first")
    .rows["version 2"];
  const text = Deno.readTextFileSync(new URL("README.md", ROOT))
    .replace(/\s+/g, " ");
  for (
    const figure of [
      `${(heartbeat / 1e3).toFixed(1)} ms of processor time a second`,
      `${share.toFixed(2)}% of a core`,
      `about ${Math.round(p50 / 10) * 10} µs`,
      `${loop.toFixed(2)} times what it takes in C`,
    ]
  ) assert(text.includes(figure), figure);
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
