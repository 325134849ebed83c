import { assert, assertEquals, assertMatch } from "@std/assert";
import { Status, Varta } from "../../../mod.ts";
import { Observer } from "../../../src/observer/mod.ts";
import { cliArgs, runCli } from "../../support/cli.ts";
import { libraryPath } from "../../support/library_path.ts";
import { TestObserver } from "../../support/observer.ts";
import { TestFolder } from "../../support/test_folder.ts";
import { testUnless } from "../../support/test_unless.ts";
import { missingTmux, Tmux } from "../../support/tmux.ts";
import {
  ALL,
  asOtherUser,
  assertFails,
  check,
  findingOf,
  noFifo,
  noOtherUser,
} from "../../support/run_check.ts";

const BY_THIS_PROCESS = RegExp(
  `^the observer is ".*/deno" with pid ${Deno.pid}$`,
);
const noProc = Deno.build.os === "linux" ? undefined : "there is no /proc";

testUnless(noProc, "cli check finds no problem with an observer", async () => {
  using folder = new TestFolder();
  const path = folder.file("socket");
  using _observer = Observer.bind(path);
  const run = await check([path]);
  assertEquals(run.code, 0);
  assertEquals(run.levels, {
    socket: "ok",
    receiver: "ok",
    observer: "ok",
    user: "ok",
    pid: "ok",
    namespace: "ok",
    beat: "warn", // not checked without --metrics
    summary: "warn",
  });
  assertMatch(findingOf(run, "observer").message, BY_THIS_PROCESS);
});

Deno.test("cli check prints a line for each finding, and one that sums up", async () => {
  using folder = new TestFolder();
  const path = folder.file("socket");
  using _observer = Observer.bind(path);
  const { code, stdout } = await runCli(["check", path], ALL);
  assertEquals(code, 0);
  const lines = stdout.trimEnd().split("\n");
  assert(lines.length >= 6);
  for (const line of lines) assertMatch(line, /^(ok {2}|warn) {2}\w+ +\S/);
  const socket = `ok    socket     ${JSON.stringify(path)} is a socket of uid`;
  assert(lines[0].startsWith(socket), lines[0]);
  assertMatch(
    lines.at(-1)!,
    /^warn {2}summary {4}no problem was found, but nothing proves .*: see beat above$/,
  );
});

Deno.test("cli check --strict makes a warning a failure", async () => {
  using folder = new TestFolder();
  const path = folder.file("socket");
  using _observer = Observer.bind(path);
  const run = await check([path, "--strict"]);
  assertFails(run, "summary", /^not ready for --strict, see .*beat above$/);
});

testUnless(
  missingTmux,
  "cli check has colours only in a terminal",
  async () => {
    await using tmux = await Tmux.open({ columns: 200, permissions: ["-A"] });
    using _observer = Observer.bind(tmux.file("socket"));
    await tmux.enter("$cli check socket; $cli check none; echo end");
    await tmux.untilShows(/^end$/);
    const screen = (await tmux.screen("-e")).join("\n");
    for (
      const part of [
        "\x1b[32mok  \x1b[39m  receiver",
        "\x1b[33mwarn  summary    no problem was found",
        "\x1b[31mfail  summary    not ready, see socket above",
      ]
    ) assert(screen.includes(part), screen);
    await tmux.enter("clear; NO_COLOR=1 $cli check socket; echo colourless");
    await tmux.untilShows(/^colourless$/);
    assert(!(await tmux.screen("-e")).join("").includes("\x1b[3"));
  },
);

testUnless(
  missingTmux,
  "cli check breaks lines between words in a terminal",
  async () => {
    await using tmux = await Tmux.open({ columns: 60, permissions: ["-A"] });
    using _observer = Observer.bind(tmux.file("socket"));
    await tmux.enter("clear; $cli check socket; echo end");
    const lines = await tmux.untilShows(/^end$/);
    const first = lines.findIndex((line) => line.startsWith("warn  summary"));
    assertEquals(
      lines.slice(first, first + 3),
      [
        "warn  summary    no problem was found, but nothing proves",
        "                 that the observer counts beats: see beat",
        "                 above",
      ],
    );
  },
);

Deno.test("cli check escapes what a terminal would not show, also in JSON", async () => {
  using observer = new TestObserver();
  // Deno's own message has the name as it is. The text after the second character
  // would run from right to left, JSON allows the third, and the last is not in the
  // basic plane.
  const file = `${observer.path}.\x1b\u202e\u009b\u{e0001}`;
  const metrics = ["--metrics", "http://localhost:9/", "--token-file", file];
  for (const json of [[], ["--json"]]) {
    const args = ["check", observer.path, ...metrics, ...json];
    const { stdout } = await runCli(args, ALL);
    assertMatch(stdout, /No such file/);
    for (const character of ["\x1b", "\u202e", "\u009b", "\u{e0001}"]) {
      assert(!stdout.includes(character), stdout);
    }
    if (json.length === 0) continue;
    const messages = stdout.trimEnd().split("\n").map((line) =>
      JSON.parse(line).message
    );
    assert(messages.some((message) => message.includes(`'${file}'`)), stdout);
  }
});

Deno.test("cli check exits with 2 if the path is too long for a socket", async () => {
  const result = await runCli(["check", `/${"x".repeat(200)}`], ALL);
  assertEquals([result.code, result.stdout], [2, ""]);
  assertMatch(result.stderr, /201 bytes long/);
});

testUnless(
  libraryPath === undefined ? "the path of libc is not known" : undefined,
  "cli check works with a permission for the path of the C library",
  async () => {
    using observer = new TestObserver();
    const flag = `--allow-ffi=${libraryPath}`;
    const run = await check([observer.path], cliArgs(flag));
    assertEquals(run.levels.receiver, "ok");
  },
);

Deno.test("cli check fails if there is no file", async () => {
  using folder = new TestFolder();
  const run = await check([folder.file("socket")]);
  assertFails(run, "socket", /^there is no file at ".*"$/);
  assertMatch(findingOf(run, "socket").advice!, /^start the observer/);
  // Without the permission to look, the connect tells it.
  const blind = await check([folder.file("socket")], cliArgs("--allow-ffi"));
  assertEquals(blind.levels.socket, "fail");
  const idle = await check([folder.file("socket")], cliArgs("--allow-read"));
  assertEquals([idle.code, idle.levels.socket], [1, "fail"]);
});

Deno.test("cli check fails if a part of the path is no folder", async () => {
  using folder = new TestFolder();
  Deno.writeTextFileSync(folder.file("file"), "");
  const run = await check([folder.file("file/socket")]);
  assertFails(run, "socket", /^there is no file at/);
});

Deno.test("cli check shows the name of another error", async () => {
  using folder = new TestFolder();
  Deno.symlinkSync(folder.file("loop"), folder.file("loop"));
  const run = await check([folder.file("loop")]);
  assertFails(run, "receiver", /^cannot connect to ".*"$/);
  assertEquals(findingOf(run, "receiver").advice, "see ELOOP, errno(3)");
});

Deno.test("cli check fails if the path is not a socket", async () => {
  using folder = new TestFolder();
  Deno.writeTextFileSync(folder.file("file"), "");
  const file = await check([folder.file("file")]);
  assertFails(file, "socket", /is a file, not a socket$/);
  const directory = await check([folder.path]);
  assertFails(directory, "socket", /is a directory, not a socket$/);
  const device = await check(["/dev/null"]);
  assertFails(device, "socket", /is a device, not a socket$/);
});

testUnless(noFifo, "cli check fails if the path is a FIFO", async () => {
  using folder = new TestFolder();
  const path = folder.file("fifo");
  await new Deno.Command("mkfifo", { args: [path] }).output();
  assertFails(await check([path]), "socket", /is a FIFO, not a socket$/);
});

Deno.test("cli check fails if the socket is a stream socket", async () => {
  using folder = new TestFolder();
  const path = folder.file("stream");
  using _listener = Deno.listen({ transport: "unix", path });
  assertFails(await check([path]), "receiver", /is not a datagram socket$/);
});

Deno.test("cli check fails if nothing receives", async () => {
  using folder = new TestFolder();
  const path = folder.file("socket");
  const listener = Deno.listen({ transport: "unix", path });
  Deno.renameSync(path, folder.file("left"));
  listener.close();
  const run = await check([folder.file("left")]);
  assertFails(run, "receiver", /^nothing receives at ".*"$/);
});

testUnless(
  noProc,
  "cli check fails if the queue of the observer is full",
  async () => {
    using observer = new TestObserver();
    using agent = Varta.connect(observer.path, { version: 2 });
    while (agent.beat(Status.Ok).kind === "sent");
    const metrics = ["--metrics", "http://localhost:9/"];
    const run = await check(
      [observer.path, ...metrics],
      cliArgs("--allow-ffi"),
    );
    assertFails(run, "receiver", /queue of the socket is full/);
    // It would be dropped.
    assertEquals(run.levels.beat, undefined);
  },
);

testUnless(
  noProc,
  "cli check waits for a busy observer that reads its queue",
  async () => {
    using observer = new TestObserver();
    using agent = Varta.connect(observer.path, { version: 2 });
    while (agent.beat(Status.Ok).kind === "sent");
    const timer = setInterval(() => observer.receive(), 300);
    const run = await check([observer.path]);
    clearInterval(timer);
    assertEquals(run.levels.receiver, "ok");
  },
);

testUnless(
  noOtherUser,
  "cli check fails without the permission to send",
  async () => {
    using folder = new TestFolder();
    Deno.chmodSync(folder.path, 0o755);
    const path = folder.file("socket");
    using _observer = Observer.bind(path, { mode: 0o640 });
    const run = await check([path], ALL, asOtherUser(folder));
    assertFails(
      run,
      "receiver",
      /with uid 65534, has no permission .*, a socket of uid 0 with mode 0640$/,
    );
    assertEquals(findingOf(run, "user").level, "warn");
  },
);

Deno.test("cli check names what it leaves out without permissions", async () => {
  using folder = new TestFolder();
  const path = folder.file("socket");
  using _observer = Observer.bind(path);
  const none = await check([path], cliArgs());
  assertEquals(none.code, 3); // Nothing was checked.
  const flags = none.findings.map(({ check, level, advice }) =>
    level === "ok" ? check : `${check} ${advice}`
  );
  assertEquals(flags, [
    `socket run again with --allow-read=${path}`,
    "receiver run again with --allow-ffi",
    "user run again with --allow-sys=uid",
    "pid",
    "summary undefined",
  ]);

  const some = await check([path], cliArgs("--allow-ffi", "--allow-read"));
  assertEquals(some.code, 0);
  assertEquals(some.levels.socket, "ok");
  assertEquals(some.levels.receiver, "ok");
  assertMatch(findingOf(some, "user").advice!, /--allow-sys=uid$/);
  if (noProc === undefined) {
    assertMatch(findingOf(some, "observer").advice!, /-A$/);
  }
});

testUnless(missingTmux, "cli check never asks for a permission", async () => {
  const [run, ...args] = cliArgs().filter((arg) => arg !== "--no-prompt");
  const command = [Deno.execPath(), run, ...args].join(" ");
  await using tmux = await Tmux.open({ env: { command }, columns: 200 });
  using _observer = Observer.bind(tmux.file("socket"));
  await tmux.enter(
    "$command check socket --metrics http://localhost:9/; echo code $?",
  );
  await tmux.untilShows(/^code 3$/);
});
