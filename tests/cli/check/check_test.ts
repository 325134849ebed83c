import { assert, assertEquals, assertMatch } from "@std/assert";
import { Observer } from "../../../src/observer/mod.ts";
import { cliArgs, runCli } from "../../support/cli.ts";
import { libraryPath } from "../../support/library_path.ts";
import { TestObserver } from "../../support/observer.ts";
import {
  AS_PID_1,
  IN_PID_NAMESPACE,
  noPidNamespace,
} from "../../support/pid_namespace.ts";
import { hasProgram } from "../../support/process.ts";
import { TestFolder } from "../../support/test_folder.ts";
import { testUnless } from "../../support/test_unless.ts";
import { missingTmux, Tmux } from "../../support/tmux.ts";
import { exists, until } from "../../support/until.ts";
import {
  ALL,
  assertFails,
  check,
  findingOf,
  noFifo,
} from "../../support/run_check.ts";

const OTHER_UID = 65534;

/** With the right to read every file, because the sources may be root's own. */
const AS_OTHER_USER = [
  ...[
    "setpriv",
    `--reuid=${OTHER_UID}`,
    `--regid=${OTHER_UID}`,
    "--clear-groups",
  ],
  ...["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"],
];

const noOtherUser = Deno.uid() === 0 &&
    hasProgram(...AS_OTHER_USER as [string], "true")
  ? undefined
  : "only root with setpriv can run a command as another user";
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
  });
  const { message } = findingOf(run, "observer");
  assertMatch(message, RegExp(`deno.*, pid ${Deno.pid}, version unknown$`));
});

/** Starts `watch` in a folder, with a relative path. */
async function watchIn(folder: TestFolder): Promise<Deno.ChildProcess> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [...ALL, "watch", "./socket"],
    cwd: folder.path,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  await until("the socket exists", () => exists(folder.file("socket")));
  return child;
}

testUnless(
  noProc,
  "cli check finds an observer by a relative path",
  async () => {
    using folder = new TestFolder();
    using otherFolder = new TestFolder();
    await using observer = await watchIn(folder);
    // Its socket has the same relative path, and is newer.
    await using _other = await watchIn(otherFolder);
    const run = await check([folder.file("socket")]);
    assertMatch(
      findingOf(run, "observer").message,
      RegExp(`pid ${observer.pid},`),
    );
  },
);

Deno.test("cli check prints a line for each finding", async () => {
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
});

Deno.test("cli check escapes what a terminal would not show, also in JSON", async () => {
  using observer = new TestObserver();
  // Deno's own message has the name as it is. The text after the second character
  // would run from right to left.
  const file = `${observer.path}.\x1b\u202e`;
  const metrics = ["--metrics", "http://localhost:9/", "--token-file", file];
  for (const json of [[], ["--json"]]) {
    const args = ["check", observer.path, ...metrics, ...json];
    const { stdout } = await runCli(args, ALL);
    assertMatch(stdout, /No such file/);
    assert(!stdout.includes("\x1b") && !stdout.includes("\u202e"), stdout);
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
});

Deno.test("cli check fails if the path is not a socket", async () => {
  using folder = new TestFolder();
  Deno.writeTextFileSync(folder.file("file"), "");
  const file = await check([folder.file("file")]);
  assertFails(file, "socket", /is a file, not a socket$/);
  const directory = await check([folder.path]);
  assertFails(directory, "socket", /is a directory, not a socket$/);
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

testUnless(
  noOtherUser,
  "cli check compares with the observer's user, not its socket's",
  async () => {
    using folder = new TestFolder();
    const path = folder.file("socket");
    using _observer = Observer.bind(path);
    Deno.chownSync(path, OTHER_UID, null);
    const { level, message } = findingOf(await check([path]), "user");
    const expected = "this process and the observer have uid 0";
    assertEquals([level, message], ["ok", expected]);
  },
);

testUnless(noOtherUser, "cli check warns if the uids differ", async () => {
  using folder = new TestFolder();
  Deno.chmodSync(folder.path, 0o755);
  const path = folder.file("socket");
  using _observer = Observer.bind(path, { mode: 0o666 });
  const run = await check([path], ALL, asOtherUser(folder));
  assertEquals(run.code, 0);
  const { level, message } = findingOf(run, "user");
  assertEquals(level, "warn");
  assertMatch(message, /^this process has uid 65534, and the observer 0; /);
  // It cannot inspect the processes of root.
  const namespace = findingOf(run, "namespace");
  assertEquals(namespace.level, "warn");
  assertMatch(namespace.message, /pid namespace is unknown: .* could not$/);
});

/** Runs a command that sees only the processes of its own user. */
const HIDING = [
  ...["unshare", "--mount", "sh", "-c"],
  'mount -t proc -o hidepid=2 proc /proc && exec "$@"',
  "sh",
];
const cannotHide = noOtherUser ??
  (hasProgram(...HIDING as [string], "true")
    ? undefined
    : "processes cannot be hidden here");

testUnless(
  cannotHide,
  "cli check knows that processes are hidden",
  async () => {
    using folder = new TestFolder();
    Deno.chmodSync(folder.path, 0o755);
    const path = folder.file("socket");
    using _observer = Observer.bind(path, { mode: 0o666 });
    const run = await check([path], ALL, [...HIDING, ...asOtherUser(folder)]);
    assertEquals(findingOf(run, "namespace").level, "warn");
  },
);

/** Runs a command as another user, with a cache folder that it can use. */
function asOtherUser(folder: TestFolder): string[] {
  const cache = folder.file("cache");
  Deno.mkdirSync(cache);
  Deno.chownSync(cache, OTHER_UID, null);
  const names = ["--unset=DENO_COVERAGE_DIR", `DENO_DIR=${cache}`];
  return ["env", ...names, ...AS_OTHER_USER];
}

testUnless(
  noPidNamespace,
  "cli check fails in another pid namespace",
  async () => {
    using folder = new TestFolder();
    const path = folder.file("socket");
    using _observer = Observer.bind(path);
    const run = await check([path], ALL, IN_PID_NAMESPACE);
    assertFails(run, "namespace", /is in another pid namespace/);
  },
);

testUnless(
  noPidNamespace,
  "cli check fails as pid 1 in version 2",
  async () => {
    using folder = new TestFolder();
    const path = folder.file("socket");
    using _observer = Observer.bind(path);
    const second = await check([path, "--protocol", "2"], ALL, AS_PID_1);
    assertEquals(second.code, 1);
    assertEquals(findingOf(second, "pid").level, "fail");
    assertEquals(findingOf(second, "receiver").level, "ok");
    assertMatch(findingOf(second, "pid").advice!, /--init/);
    const either = await check([path], ALL, AS_PID_1);
    assertEquals(findingOf(either, "pid").level, "warn");
    const first = await check([path, "--protocol", "1"], ALL, AS_PID_1);
    assertEquals(findingOf(first, "pid").level, "ok");
  },
);

Deno.test("cli check names what it leaves out without permissions", async () => {
  using folder = new TestFolder();
  const path = folder.file("socket");
  using _observer = Observer.bind(path);
  const none = await check([path], cliArgs());
  assertEquals(none.code, 0);
  const flags = none.findings.map(({ check, level, advice }) =>
    level === "ok" ? check : `${check} ${advice}`
  );
  assertEquals(flags, [
    `socket run again with --allow-read=${path}`,
    "receiver run again with --allow-ffi",
    "user run again with --allow-sys=uid",
    "pid",
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
  await tmux.untilShows(/^code 0$/);
});
