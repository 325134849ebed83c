import { assert, assertEquals, assertMatch } from "@std/assert";
import { Observer } from "../../../src/observer/mod.ts";
import { cliArgs, runCli } from "../../support/cli.ts";
import { TestObserver } from "../../support/observer.ts";
import {
  AS_PID_1,
  IN_PID_NAMESPACE,
  noPidNamespace,
} from "../../support/pid_namespace.ts";
import { canTrace, end, hasProgram } from "../../support/process.ts";
import {
  ALL,
  asOtherUser,
  assertFails,
  check,
  findingOf,
  noOtherUser,
  OTHER_UID,
} from "../../support/run_check.ts";
import { TestFolder } from "../../support/test_folder.ts";
import { testUnless } from "../../support/test_unless.ts";
import { exists, until } from "../../support/until.ts";

const noProc = Deno.build.os === "linux" ? undefined : "there is no /proc";
const noPython = noProc ??
  (hasProgram("python3") ? undefined : "there is no python3");

/** Starts a command, and ends it at the end of its block. */
function start(args: string[], cwd?: string) {
  const child = new Deno.Command(args[0], {
    args: args.slice(1),
    cwd,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  return { pid: child.pid, [Symbol.asyncDispose]: () => end(child) };
}

/** Starts `watch` in a folder, with a relative path. */
async function watchIn(folder: TestFolder, under: readonly string[] = []) {
  const command = [...under, Deno.execPath(), ...ALL, "watch", "./socket"];
  const observer = start(command, folder.path);
  await until("the socket exists", () => exists(folder.file("socket")));
  return observer;
}

/** The first child of a process. */
function childOf(pid: number): Promise<string> {
  return until("the command has a child", async () => {
    const file = `/proc/${pid}/task/${pid}/children`;
    return (await Deno.readTextFile(file)).split(" ")[0];
  });
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
    const pid = RegExp(`/deno" with pid ${observer.pid}$`);
    assertMatch(findingOf(run, "observer").message, pid);
  },
);

/** Binds a socket, of which it and the other programs then have a descriptor. */
const BIND = `
import os, socket, sys, time
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
`;

testUnless(
  noPython,
  "cli check is not deceived by a name that looks like another socket",
  async () => {
    using folder = new TestFolder();
    const path = folder.file("socket");
    using _observer = Observer.bind(path);
    // The name ends a row of /proc/net/unix and begins another, which says that a
    // socket of this program has the path.
    const program = `
import socket, os, time
stranger = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
inode = os.fstat(stranger.fileno()).st_ino
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(f"\\0x\\n0: 2 0 0 0002 01 {inode} ${path}".encode())
time.sleep(600)
`;
    await using _stranger = start(["python3", "-c", program]);
    await until(
      "the row is there",
      () => Deno.readTextFileSync("/proc/net/unix").split(path).length > 2,
    );
    const run = await check([path]);
    const pid = RegExp(` with pid ${Deno.pid}$`);
    assertMatch(findingOf(run, "observer").message, pid);
    assertEquals(run.levels.namespace, "ok");
  },
);

testUnless(
  noProc,
  "cli check finds an observer whose path has control characters",
  async () => {
    using folder = new TestFolder();
    const path = folder.file("a\nb\x1b[31m");
    using _observer = Observer.bind(path);
    const { code, stdout } = await runCli(["check", path], ALL);
    assertEquals(code, 0);
    const lines = stdout.trimEnd().split("\n");
    for (const line of lines) assertMatch(line, /^(ok|warn) /);
    assert(lines[0].includes('a\\nb\\u001b[31m" is a socket'), lines[0]);
    assert(lines.some((line) => line.endsWith(` with pid ${Deno.pid}`)));
  },
);

testUnless(noProc, "cli check fails if the observer is stopped", async () => {
  using folder = new TestFolder();
  await using observer = await watchIn(folder);
  Deno.kill(observer.pid, "SIGSTOP");
  await until(
    "it is stopped",
    () =>
      /^State:\tT/m.test(Deno.readTextFileSync(`/proc/${observer.pid}/status`)),
  );
  const metrics = ["--metrics", "http://localhost:9/"];
  const run = await check([folder.file("socket"), ...metrics]);
  assertFails(run, "observer", RegExp(`pid ${observer.pid}, and is stopped$`));
  const advice = RegExp(`kill -CONT ${observer.pid}`);
  assertMatch(findingOf(run, "observer").advice!, advice);
  // It would only fill the queue.
  assertEquals([run.levels.beat, run.levels.metrics], [undefined, undefined]);
  Deno.kill(observer.pid, "SIGCONT");
  assertEquals((await check([folder.file("socket")])).levels.observer, "ok");
});

const IN_NET_NAMESPACE = ["unshare", "--net"];
const noNetNamespace = noProc ??
  (hasProgram(IN_NET_NAMESPACE[0], ...IN_NET_NAMESPACE.slice(1), "true")
    ? undefined
    : "unshare cannot create a network namespace here");

testUnless(
  noNetNamespace,
  "cli check finds the observer in another network namespace",
  async () => {
    using folder = new TestFolder();
    const path = folder.file("socket");
    using _observer = Observer.bind(path);
    const run = await check([path, "--protocol", "2"], ALL, IN_NET_NAMESPACE);
    assertEquals(run.code, 0);
    const pid = RegExp(`/deno" with pid ${Deno.pid}$`);
    assertMatch(findingOf(run, "observer").message, pid);
    const { user, namespace } = run.levels;
    assertEquals([user, namespace], ["ok", "ok"]);
  },
);

testUnless(
  noPidNamespace ?? noNetNamespace,
  "cli check finds the observer of a container that shares only its pids",
  async () => {
    using folder = new TestFolder();
    // As `docker run --pid=container:watch` does, the second command joins the pid
    // namespace of the first, and has its own network and mounts.
    const container = [...IN_PID_NAMESPACE];
    await using observer = await watchIn(folder, [
      ...IN_NET_NAMESPACE,
      ...container,
    ]);
    const first = await childOf(observer.pid);
    const run = await check([folder.file("socket")], ALL, [
      ...["nsenter", `--target=${first}`, "--pid", "--mount"],
      ...IN_NET_NAMESPACE,
    ]);
    assertEquals(run.code, 0);
    assertMatch(findingOf(run, "observer").message, /\/deno" with pid 2$/);
    assertEquals(run.levels.namespace, "ok");
    // From outside, its process is found too.
    const outside = await check([folder.file("socket")]);
    assertFails(outside, "namespace", /is in another pid namespace/);
    assertMatch(
      findingOf(outside, "observer").message,
      /\/deno" with pid \d+$/,
    );
  },
);

testUnless(
  noPidNamespace,
  "cli check fails in another pid namespace",
  async () => {
    using folder = new TestFolder();
    const path = folder.file("socket");
    using _observer = Observer.bind(path);
    const run = await check([path], ALL, IN_PID_NAMESPACE);
    assertFails(run, "namespace", /is in another pid namespace/);
    assertEquals(run.levels.observer, undefined);
  },
);

testUnless(
  noPidNamespace ?? noPython,
  "cli check names the observer, not a manager with pid 1 that has its socket",
  async () => {
    using folder = new TestFolder();
    const path = folder.file("socket");
    for (const [fork, pid] of [["os.fork()", "[^1]\\d*"], ["", "1"]]) {
      const program = `${BIND}\n${fork}\ntime.sleep(600)`;
      await using outer = start([
        ...[...AS_PID_1, "python3", "-c", program, path],
      ]);
      await until("the socket exists", () => exists(path));
      const first = await childOf(outer.pid);
      if (fork) await childOf(Number(first));
      const under = ["nsenter", `--target=${first}`, "--pid", "--mount"];
      const run = await check([path], ALL, under);
      const name = RegExp(`/python[\\d.]*" with pid ${pid}$`);
      assertMatch(findingOf(run, "observer").message, name);
      assertEquals(run.levels.namespace, "ok");
      Deno.removeSync(path);
    }
  },
);

testUnless(
  noPidNamespace,
  "cli check fails as pid 1, unless the version is 1",
  async () => {
    using folder = new TestFolder();
    const path = folder.file("socket");
    using _observer = Observer.bind(path);
    for (const args of [[path], [path, "--protocol", "2"]]) {
      const run = await check(args, ALL, AS_PID_1);
      assertEquals(run.code, 1);
      const { level, message, advice } = findingOf(run, "pid");
      assertEquals(level, "fail");
      assertMatch(message, /^this process has pid 1, with which version 2/);
      assertMatch(advice!, /--init/);
      assertEquals(run.levels.receiver, "ok");
    }
    const first = await check([path, "--protocol", "1"], ALL, AS_PID_1);
    assertEquals(findingOf(first, "pid").level, "ok");
  },
);

testUnless(
  noPidNamespace,
  "cli check warns if a deno has pid 1, unless the version is 1",
  async () => {
    using observer = new TestObserver();
    // As in a container, in which `check` is started by `docker exec`.
    await using outer = start([
      ...[...AS_PID_1, Deno.execPath(), "eval", "setTimeout(() => {}, 6e5)"],
    ]);
    const first = await childOf(outer.pid);
    await until(
      "deno has started",
      () => Deno.readTextFileSync(`/proc/${first}/comm`) === "deno\n",
    );
    const under = ["nsenter", `--target=${first}`, "--pid", "--mount"];
    const second = findingOf(await check([observer.path], ALL, under), "pid");
    assertEquals(second.level, "warn");
    assertMatch(second.message, /has pid \d+, but a deno has pid 1, with/);
    assertMatch(second.advice!, /^if that one is the agent, run .*--init/);
    const args = [observer.path, "--protocol", "1"];
    assertEquals((await check(args, ALL, under)).levels.pid, "ok");
  },
);

testUnless(
  noPidNamespace,
  "cli check does not warn if the deno with pid 1 is the observer",
  async () => {
    using folder = new TestFolder();
    await using outer = await watchIn(folder, AS_PID_1);
    const first = await childOf(outer.pid);
    const under = ["nsenter", `--target=${first}`, "--pid", "--mount"];
    const run = await check([folder.file("socket")], ALL, under);
    assertMatch(findingOf(run, "observer").message, /\/deno" with pid 1$/);
    assertEquals(run.levels.pid, "ok");
  },
);

testUnless(
  canTrace() ? undefined : "strace does not run here",
  "cli check warns if the kernel does not tell whose socket it is",
  async () => {
    using observer = new TestObserver();
    const run = await check([observer.path], ALL, [
      ...["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=recvfrom"],
      ...["-e", "inject=recvfrom:error=EAGAIN"],
    ]);
    assertEquals(run.code, 0);
    const { level, message } = findingOf(run, "observer");
    assertEquals(level, "warn");
    assertMatch(message, /not checked: the kernel does not tell whose socket/);
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
    // If the process is not known, the owner of the file is the best guess.
    const flags = ["--allow-ffi", "--allow-read", "--allow-sys=uid"];
    const blind = findingOf(await check([path], cliArgs(...flags)), "user");
    assertEquals(blind.level, "warn");
    assertMatch(
      blind.message,
      /^this process has uid 0, and the observer 65534;/,
    );
  },
);

testUnless(
  noOtherUser ?? noPython,
  "cli check compares with the user that the observer acts as",
  async () => {
    using folder = new TestFolder();
    const path = folder.file("socket");
    const program = `${BIND}\nos.seteuid(${OTHER_UID})\ntime.sleep(600)`;
    await using observer = start(["python3", "-c", program, path]);
    await until(
      "it is another user",
      () =>
        Deno.readTextFileSync(`/proc/${observer.pid}/status`)
          .includes(`Uid:\t0\t${OTHER_UID}\t`),
    );
    const { message } = findingOf(await check([path]), "user");
    assertMatch(message, /^this process has uid 0, and the observer 65534;/);
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

for (const level of [1, 2]) {
  /** Runs a command that sees only the processes of its own user. */
  const HIDING = [
    ...["unshare", "--mount", "sh", "-c"],
    `mount -t proc -o hidepid=${level} proc /proc && exec "$@"`,
    "sh",
  ];
  testUnless(
    noOtherUser ??
      (hasProgram(...HIDING as [string], "true")
        ? undefined
        : "processes cannot be hidden here"),
    `cli check knows that processes are hidden by hidepid=${level}`,
    async () => {
      using folder = new TestFolder();
      Deno.chmodSync(folder.path, 0o755);
      const path = folder.file("socket");
      using _observer = Observer.bind(path, { mode: 0o666 });
      const run = await check([path], ALL, [...HIDING, ...asOtherUser(folder)]);
      assertEquals(findingOf(run, "namespace").level, "warn");
    },
  );
}

testUnless(
  noPidNamespace,
  "cli check warns if it cannot look for the observer's process",
  async () => {
    using observer = new TestObserver();
    const hide = 'mount -t tmpfs tmpfs /proc && exec "$@"';
    const under = ["unshare", "--mount", "sh", "-c", hide, "sh"];
    const run = await check([observer.path], ALL, under);
    assertEquals(run.code, 0);
    const { level, message, advice } = findingOf(run, "observer");
    assertEquals(level, "warn");
    assertMatch(message, /process and pid namespace were not checked: No such/);
    assertMatch(advice!, /^if the namespaces differ, run both in one/);
    assertEquals(run.levels.namespace, undefined);
  },
);
