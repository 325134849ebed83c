import { assert, assertEquals, assertMatch } from "@std/assert";
import { fileURLToPath } from "node:url";
import { findProgram, reasonForAbsence, RELEASES } from "./interop/releases.ts";
import { freePort } from "./interop/varta_watch.ts";
import { Cli, runCli } from "./support/cli.ts";
import {
  blocksOf,
  deno,
  replaceIn,
  startExample,
  writeConfig,
} from "./support/examples.ts";
import { TestObserver } from "./support/observer.ts";
import { end, isEmulated } from "./support/process.ts";
import { canSeal } from "./support/sealing.ts";
import { TestFolder } from "./support/test_folder.ts";
import { isDenoBefore, notLinux, testUnless } from "./support/test_unless.ts";
import { exists, until } from "./support/until.ts";

// `examples_test.ts` runs the examples, and these are the commands.
const ROOT = new URL("../", import.meta.url);
const README = Deno.readTextFileSync(new URL("README.md", ROOT));
const SOCKET = "/tmp/varta.sock";
const commandsIn = (page: string) =>
  blocksOf(page, "sh").flatMap((block) => block.trimEnd().split("\n"));
const COMMANDS = commandsIn("README.md");

function readJson(path: string) {
  return JSON.parse(Deno.readTextFileSync(new URL(path, ROOT)));
}

/** The only command that begins so. */
function commandThatBegins(beginning: string): string {
  const commands = COMMANDS.filter((it) => it.startsWith(beginning));
  assertEquals(commands.length, 1);
  return commands[0];
}

Deno.test("README.md has at most 1,400 words", () => {
  assert(README.split(/\s+/).length <= 1_400);
});

Deno.test("README.md begins with the first example of mod.ts", () => {
  const [first] = blocksOf("README.md", "ts ignore");
  assertEquals(first, blocksOf("mod.ts", "ts(?: ignore)?")[0]);
});

Deno.test("README.md has commands of varta that succeed", async () => {
  const commands = [...COMMANDS, ...README.matchAll(/`(varta \w+ \/[^`]*)`/g)]
    .map((it) => typeof it === "string" ? it : it[1])
    .filter((command) => command.startsWith("varta "));
  const seen = new Set<string>();
  for (const command of commands) {
    using folder = new TestFolder();
    const path = folder.file("socket");
    const args = command.replace(SOCKET, path).split(" ").slice(1);
    seen.add(args[0]);
    if (args[0] === "watch") {
      await using observer = new Cli(args);
      await until("the socket exists", () => exists(path));
      assertEquals((await runCli(["beat", path])).code, 0);
      assertMatch((await observer.readLine())!, /status=Ok/);
    } else {
      using _observer = new TestObserver(path);
      assertEquals((await runCli(args)).code, 0);
    }
  }
  assertEquals(seen, new Set(["watch", "check"]));
});

testUnless(
  isDenoBefore("2.5.0") ? "there are no links before Deno 2.5" : undefined,
  "README.md has a link to a checkout by which programs import it",
  async () => {
    const { links } = JSON.parse(blocksOf("README.md", "json")[0]);
    assertEquals(links, ["../client"]);
    using folder = new TestFolder();
    // The checkout is `client`, and the program is in a folder beside it.
    Deno.symlinkSync(fileURLToPath(ROOT), folder.file("client"));
    Deno.mkdirSync(folder.file("program"));
    Deno.writeTextFileSync(
      folder.file("program/deno.json"),
      JSON.stringify({ links }),
    );
    const { name, exports } = readJson("deno.json");
    const imports = Object.keys(exports)
      .filter((key) => key !== "./cli") // it would run
      .map((key) => `import ${JSON.stringify(name + key.slice(1))};\n`);
    assertEquals(imports.length, 3);
    Deno.writeTextFileSync(folder.file("program/main.ts"), imports.join(""));
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-check", "main.ts"],
      cwd: folder.file("program"),
      stdin: "null",
    }).output();
    assertEquals(code, 0, new TextDecoder().decode(stderr));
  },
);

testUnless(
  isEmulated ? "the emulator does not start deno by its name" : undefined,
  "README.md has a command that installs varta from a checkout",
  async () => {
    const [fromJsr, fromCheckout] = COMMANDS.filter((command) =>
      command.startsWith("deno install ")
    );
    const main = "../client/src/cli/main.ts";
    assertEquals(fromJsr.replace("jsr:@varta/client/cli", main), fromCheckout);
    using folder = new TestFolder();
    Deno.symlinkSync(Deno.execPath(), folder.file("deno"));
    Deno.symlinkSync(fileURLToPath(ROOT), folder.file("client"));
    Deno.mkdirSync(folder.file("program"));
    const run = (command: string, args: string[]) =>
      new Deno.Command(command, {
        args,
        cwd: folder.file("program"),
        env: {
          DENO_INSTALL_ROOT: folder.path,
          NO_COLOR: "1",
          PATH: `${folder.path}:${Deno.env.get("PATH")}`,
        },
        stdin: "null",
      }).output();
    const installed = await run("deno", fromCheckout.split(" ").slice(1));
    const stderr = new TextDecoder().decode(installed.stderr);
    assertEquals(installed.code, 0, stderr);
    using observer = new TestObserver();
    const program = folder.file("bin/varta");
    assertEquals((await run(program, ["beat", observer.path])).code, 0);
    assertEquals(observer.receiveAll().length, 1);
  },
);

Deno.test("README.md has the figures of the page of figures", () => {
  const { figures } = readJson("tests/tools/bench/figures.json");
  const valueOf = (name: string): number =>
    figures.find((figure: { name: string }) => figure.name === name).value;
  const heartbeat = valueOf(
    "one beat a second, work of the processor in a second: startHeartbeat()",
  );
  const share = valueOf("the same, as a share of a core");
  const text = README.replace(/\s+/g, " ");
  for (
    const figure of [
      `${(heartbeat / 1e3).toFixed(1)} ms of processor time a second`,
      `${share.toFixed(2)}% of a core`,
    ]
  ) assert(text.includes(figure), figure);
});

testUnless(
  reasonForAbsence(RELEASES[1]),
  "README.md has a first example that varta-watch counts",
  async () => {
    using folder = new TestFolder();
    const path = folder.file("socket");
    const observer = startVartaWatch(folder, path);
    const [code] = blocksOf("README.md", "ts ignore");
    const example = startExample(code, folder, ["--allow-ffi"], {
      [SOCKET]: path,
    });
    try {
      await untilExported(folder, example.pid);
    } finally {
      await end(example);
      await end(observer);
      const { stderr } = await example.output();
      assertEquals(new TextDecoder().decode(stderr), "");
    }
  },
);

const EXPORT = ["--export-file", "beats.tsv", "--export-file-sync-every", "1"];

/** Waits until `varta-watch` has counted a beat of a process. */
function untilExported(folder: TestFolder, pid: number): Promise<boolean> {
  const file = folder.file("beats.tsv");
  return until(
    "the beat is exported",
    () =>
      exists(file) &&
      Deno.readTextFileSync(file).includes(`\tbeat\t${pid}\t`),
  );
}

/** Starts `varta-watch` with the arguments in README.md, and an export file. */
function startVartaWatch(
  folder: TestFolder,
  path: string,
): Deno.ChildProcess {
  const command = commandThatBegins("varta-watch ").replace(SOCKET, path);
  const [, ...words] = command.match(/"[^"]*"|\S+/g)!;
  return new Deno.Command(findProgram(RELEASES[1])!, {
    args: [
      ...words.map((word) => word.replaceAll('"', "")),
      ...EXPORT,
    ],
    cwd: folder.path,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
}

testUnless(
  reasonForAbsence(RELEASES[1]) ?? notLinux ??
    (isEmulated ? "the emulator does not start deno by its name" : undefined),
  "README.md has a process that hangs and is started again",
  async () => {
    using folder = new TestFolder();
    const path = folder.file("socket");
    const observer = startVartaWatch(folder, path);
    const code = blocksOf("README.md", "ts ignore")
      .find((code) => code.includes("for (;;);"))!;
    writeConfig(folder);
    const program = replaceIn(code, { [SOCKET]: path });
    Deno.writeTextFileSync(folder.file("hang.ts"), program);
    Deno.symlinkSync(Deno.execPath(), folder.file("deno"));
    const loop = new Deno.Command("setsid", {
      args: ["sh", "-c", commandThatBegins("until ")],
      cwd: folder.path,
      env: { NO_COLOR: "1", PATH: `${folder.path}:${Deno.env.get("PATH")}` },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    let output = "";
    const reading = loop.stdout.pipeThrough(new TextDecoderStream())
      .pipeTo(new WritableStream({ write: (text) => void (output += text) }));
    try {
      await until("it works again", () => output.split("works").length === 3);
      // In the README, a shell in a terminal also prints "Killed".
      const [expected] = blocksOf("README.md", "text");
      assertEquals(
        output.trimEnd().replace(/\d+/g, "PID"),
        expected.trimEnd().replace("Killed\n", "").replace(/\d+/g, "PID"),
      );
    } finally {
      // The shell and its program are a group of their own.
      Deno.kill(-loop.pid, "SIGKILL");
      await end(loop);
      await end(observer);
      await loop.stderr.cancel();
      await reading;
    }
  },
);

testUnless(
  reasonForAbsence(RELEASES[1]) ??
    (canSeal ? undefined : "secure UDP needs Deno 2.7.10"),
  "UDP.md has a command of varta-watch that counts its example",
  async () => {
    using folder = new TestFolder();
    const [makeKey, protect, start] = commandsIn(".github/UDP.md").slice(-3);
    const { success } = await new Deno.Command("sh", {
      args: ["-c", `${makeKey} && ${protect}`],
      cwd: folder.path,
    }).output();
    assert(success);
    const port = freePort();
    const observer = new Deno.Command(findProgram(RELEASES[1])!, {
      args: [
        ...start.replace(SOCKET, folder.file("socket"))
          .replace("9000", `${port}`).split(" ").slice(1),
        ...EXPORT,
      ],
      cwd: folder.path,
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    const [code] = blocksOf(".github/UDP.md", "ts ignore");
    const flags = ["--allow-ffi", "--allow-read=varta.key"];
    const example = startExample(code, folder, flags, {
      "127.0.0.1:9000": `127.0.0.1:${port}`,
    });
    try {
      await untilExported(folder, example.pid);
    } finally {
      await end(example);
      await end(observer);
      await example.output();
    }
  },
);

testUnless(
  isDenoBefore("2.5.0") ? "deno run has no -P before Deno 2.5" : undefined,
  "OUTCOMES.md has permissions that suffice with -P",
  async () => {
    using folder = new TestFolder();
    using observer = new TestObserver();
    writeConfig(folder);
    const config = JSON.parse(Deno.readTextFileSync(folder.file("deno.json")));
    const [block] = blocksOf(".github/OUTCOMES.md", "json");
    const text = JSON.stringify({ ...config, ...JSON.parse(block) });
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
