import { assert, assertEquals, assertMatch } from "@std/assert";
import { Status, Varta } from "../../../mod.ts";
import { Observer } from "../../../src/observer/mod.ts";
import type { Finding } from "../../../src/cli/check/_findings.ts";
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

const ALL = cliArgs("-A");
const NOBODY = 65534;

/** With the right to read every file, because the sources may be root's own. */
const AS_NOBODY = [
  ...["setpriv", `--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups"],
  ...["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"],
];

const noOtherUser = Deno.uid() === 0 &&
    hasProgram(...AS_NOBODY as [string], "true")
  ? undefined
  : "only root with setpriv can run a command as another user";
const noFifo = hasProgram("mkfifo", "--version")
  ? undefined
  : "there is no mkfifo";
const noProc = Deno.build.os === "linux" ? undefined : "there is no /proc";

interface Checked {
  code: number;
  findings: Finding[];
  /** The level of each finding, by what was checked. */
  levels: Record<string, string>;
}

/** Runs `check --json`. */
async function check(
  args: string[],
  denoArgs = ALL,
  under: string[] = [],
): Promise<Checked> {
  const result = await runCli(["check", ...args, "--json"], denoArgs, under);
  const { code, stdout, stderr } = result;
  assertEquals(stderr, "");
  const findings: Finding[] = stdout.trimEnd().split("\n").map((line) =>
    JSON.parse(line)
  );
  const levels = findings.map(({ check, level }) => [check, level]);
  return { code, findings, levels: Object.fromEntries(levels) };
}

function findingOf({ findings }: Checked, check: Finding["check"]): Finding {
  const [finding, ...others] = findings.filter((finding) =>
    finding.check === check
  );
  assert(finding !== undefined && others.length === 0, Deno.inspect(findings));
  return finding;
}

/** Asserts that a run has this one finding, which fails, with a message. */
function assertFails(
  run: Checked,
  check: Finding["check"],
  message: RegExp,
): void {
  assertEquals(run.code, 1);
  const [finding, ...others] = run.findings.filter(({ level }) =>
    level === "fail"
  );
  assertEquals(others, []);
  assertEquals(finding.check, check);
  assertMatch(finding.message, message);
  assert(finding.advice);
}

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
    const run = await check([path], ALL, nobody(folder));
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
    Deno.chownSync(path, NOBODY, null);
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
  const run = await check([path], ALL, nobody(folder));
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
    const run = await check([path], ALL, [...HIDING, ...nobody(folder)]);
    assertEquals(findingOf(run, "namespace").level, "warn");
  },
);

/** Runs a command as another user, with a cache folder that it can use. */
function nobody(folder: TestFolder): string[] {
  const cache = folder.file("cache");
  Deno.mkdirSync(cache);
  Deno.chownSync(cache, NOBODY, null);
  const names = ["--unset=DENO_COVERAGE_DIR", `DENO_DIR=${cache}`];
  return ["env", ...names, ...AS_NOBODY];
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

/** How an observer judges a beat: by these samples, which increase. */
type Judge = (version: number, pid: number) => string | undefined;

/** A receiver, and metrics that count what it receives by a function. */
function serveMetrics(folder: TestFolder, judge: Judge) {
  const observer = new TestObserver(folder.file("socket"));
  const counts = new Map([['varta_decode_errors_total{kind="bad_crc"}', 0]]);
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    ({ headers }) => {
      for (const { version, pid } of observer.receiveAll()) {
        const name = judge(version, pid);
        if (name) counts.set(name, (counts.get(name) ?? 0) + 1);
      }
      const isAllowed = headers.get("authorization") === "Bearer secret";
      const page = Array.from(counts, ([name, count]) => `${name} ${count}\n`);
      return isAllowed
        ? new Response(page.join(""))
        : new Response("", { status: 401 });
    },
  );
  Deno.writeTextFileSync(folder.file("token"), "secret\n");
  const url = `http://127.0.0.1:${server.addr.port}/metrics`;
  return {
    url,
    counts,
    args: [
      ...[folder.file("socket"), "--metrics", url],
      ...["--token-file", folder.file("token")],
    ],
    async [Symbol.asyncDispose]() {
      await server.shutdown();
      observer.stop();
    },
  };
}

const countVersion = (counted: number): Judge => (version, pid) =>
  version === counted
    ? `varta_beats_total{pid="${pid}"}`
    : 'varta_decode_errors_total{kind="bad_version"}';

for (const counted of [1, 2]) {
  Deno.test(`cli check --metrics finds out that version ${counted} is counted`, async () => {
    using folder = new TestFolder();
    await using metrics = serveMetrics(folder, countVersion(counted));
    const run = await check(metrics.args);
    assertEquals(run.code, 0);
    const { level, message, advice } = findingOf(run, "beat");
    assertEquals(level, "ok");
    const text = RegExp(`counted a beat of version ${counted} from this`);
    assertMatch(message, text);
    assertEquals(advice, `connect with { version: ${counted} }`);
  });
}

Deno.test("cli check --metrics --protocol fails for the other version", async () => {
  using folder = new TestFolder();
  await using metrics = serveMetrics(folder, countVersion(2));
  const right = await check([...metrics.args, "--protocol", "2"]);
  assertEquals([right.code, right.levels.beat], [0, "ok"]);
  const wrong = await check([...metrics.args, "--protocol", "1"]);
  assertFails(wrong, "beat", /counts version 2 .*, and rejects version 1$/);
  assertMatch(findingOf(wrong, "beat").advice!, /\{ version: 2 \}/);
});

Deno.test("cli check --metrics shows why a beat is rejected", async () => {
  using folder = new TestFolder();
  const counter = "varta_frame_auth_failures_total";
  await using metrics = serveMetrics(folder, () => counter);
  const run = await check(metrics.args);
  assertFails(run, "beat", /^the observer did not count .*auth_failures_total/);
  assertEquals(metrics.counts.get(counter), 1);
});

Deno.test("cli check --metrics shows why the second version is rejected", async () => {
  using folder = new TestFolder();
  const counter = "varta_frame_auth_failures_total";
  await using metrics = serveMetrics(
    folder,
    (version) =>
      version === 1 ? 'varta_decode_errors_total{kind="bad_version"}' : counter,
  );
  const run = await check(metrics.args);
  assertFails(run, "beat", /beat of version 2: .*auth_failures_total/);
});

Deno.test("cli check --metrics sends varta-watch 0.2.0 no version 1", async () => {
  using folder = new TestFolder();
  await using metrics = serveMetrics(folder, countVersion(2));
  metrics.counts.set("varta_watch_uptime_seconds", 1); // which 0.1.0 does not have
  assertEquals((await check(metrics.args)).code, 0);
  assertEquals(
    [...metrics.counts.keys()].filter((name) => name.includes("bad_version")),
    [],
  );
});

Deno.test("cli check --metrics fails if its beat is dropped", async () => {
  using folder = new TestFolder();
  using observer = new TestObserver(folder.file("socket"));
  using agent = Varta.connect(observer.path);
  while (agent.beat(Status.Ok).kind === "sent");
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    () => new Response("varta_watch_uptime_seconds 1\n"),
  );
  const url = `http://127.0.0.1:${server.addr.port}/`;
  const run = await check([observer.path, "--metrics", url]);
  await server.shutdown();
  assertEquals(run.code, 1);
  const { level, message } = findingOf(run, "beat");
  assertEquals(level, "fail");
  assertMatch(message, /^a beat of version 2: .*kernel-queue-full/);
});

Deno.test("cli check --metrics fails if nothing shows the beat", async () => {
  using folder = new TestFolder();
  await using metrics = serveMetrics(folder, () => undefined);
  const run = await check(metrics.args);
  assertFails(run, "beat", /no counter says why$/);
});

Deno.test("cli check --metrics fails if the token is refused", async () => {
  using folder = new TestFolder();
  await using metrics = serveMetrics(folder, countVersion(1));
  Deno.writeTextFileSync(folder.file("token"), "wrong");
  const wrong = await check(metrics.args);
  assertFails(wrong, "metrics", /refuses the token, with HTTP status 401$/);
  const none = await check(metrics.args.slice(0, 3));
  assertFails(none, "metrics", /refuses a request without a token/);
});

Deno.test("cli check --metrics fails if the token file is unusable", async () => {
  using folder = new TestFolder();
  await using metrics = serveMetrics(folder, countVersion(1));
  for (
    const [content, message] of [
      ["two words", /cannot use the token file .*one word/],
      ["", /cannot use the token file .*one word/],
      ["x".repeat(5_000), /cannot use the token file .*not a regular file/],
      [undefined, /cannot use the token file .*No such file/],
    ] as const
  ) {
    if (content === undefined) Deno.removeSync(folder.file("token"));
    else Deno.writeTextFileSync(folder.file("token"), content);
    assertFails(await check(metrics.args), "metrics", message);
  }
});

testUnless(
  noFifo ?? (hasProgram("timeout") ? undefined : "there is no timeout"),
  "cli check --metrics does not block at a token file that never ends",
  async () => {
    using folder = new TestFolder();
    await using metrics = serveMetrics(folder, countVersion(1));
    const fifo = folder.file("fifo");
    await new Deno.Command("mkfifo", { args: [fifo] }).output();
    for (const file of [fifo, "/dev/zero", folder.path]) {
      const args = [...metrics.args.slice(0, 3), "--token-file", file];
      const run = await check(args, ALL, ["timeout", "60"]);
      assertFails(run, "metrics", /cannot use the token file .*not a regular/);
    }
  },
);

Deno.test("cli check --metrics fails if the URL has other content", async () => {
  using folder = new TestFolder();
  await using metrics = serveMetrics(folder, countVersion(1));
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    () => new Response("<html></html>"),
  );
  const url = `http://127.0.0.1:${server.addr.port}/`;
  const [path] = metrics.args;
  const other = await check([path, "--metrics", url]);
  assertFails(other, "metrics", /has no metrics of varta-watch$/);
  await server.shutdown();
  const nothing = await check([path, "--metrics", url]);
  assertFails(nothing, "metrics", /does not answer: /);
});

Deno.test("cli check --metrics names the permissions that are missing", async () => {
  using folder = new TestFolder();
  await using metrics = serveMetrics(folder, countVersion(1));
  const { host } = new URL(metrics.url);
  const noNet = await check(
    metrics.args,
    cliArgs("--allow-ffi", "--allow-read"),
  );
  assertEquals(noNet.code, 0);
  assertMatch(findingOf(noNet, "beat").advice!, RegExp(`--allow-net=${host}$`));
  for (const [protocol, port] of [["http", 80], ["https", 443]]) {
    const run = await check(
      [metrics.args[0], "--metrics", `${protocol}://localhost/metrics`],
      cliArgs("--allow-ffi"),
    );
    const flag = RegExp(`--allow-net=localhost:${port}$`);
    assertMatch(findingOf(run, "beat").advice!, flag);
  }
  const noRead = await check(metrics.args, cliArgs("--allow-ffi"));
  assertEquals(noRead.code, 0);
  assertMatch(findingOf(noRead, "metrics").advice!, /--allow-read=.*token$/);
  // With these three, it proves the result.
  const enough = ["--allow-ffi", "--allow-read", `--allow-net=${host}`];
  const run = await check(metrics.args, cliArgs(...enough));
  assertEquals(findingOf(run, "beat").level, "ok");
});

/** Returns each set of some of these. */
function subsetsOf<T>([first, ...others]: readonly T[]): T[][] {
  if (first === undefined) return [[]];
  return subsetsOf(others).flatMap((subset) => [subset, [first, ...subset]]);
}

Deno.test("cli check --metrics ends well with any of its permissions", async () => {
  using folder = new TestFolder();
  await using metrics = serveMetrics(folder, countVersion(1));
  const [path] = metrics.args;
  const { host } = new URL(metrics.url);
  const subsets = subsetsOf(["ffi", "read", "net", "sys", "env"]);
  while (subsets.length > 0) {
    await Promise.all(
      subsets.splice(0, 4).map(async (granted) => {
        const run = await check(
          metrics.args,
          cliArgs(...granted.map((name) => `--allow-${name}`)),
        );
        assertEquals(run.code, 0, Deno.inspect({ granted, run }));
        const has = (name: string) => granted.includes(name);
        const flags = run.findings.flatMap(({ level, advice }) =>
          level === "warn" ? advice!.replace("run again with ", "") : []
        );
        assertEquals(
          flags.filter((flag) => flag !== "-A"), // for /proc, if there is one
          [
            ...has("read") ? [] : [`--allow-read=${path}`],
            ...has("ffi") ? [] : ["--allow-ffi"],
            ...has("sys") ? [] : ["--allow-sys=uid"],
            ...!has("ffi")
              ? []
              : !has("read")
              ? [`--allow-read=${folder.file("token")}`]
              : !has("net")
              ? [`--allow-net=${host}`]
              : [],
          ],
          Deno.inspect({ granted, run }),
        );
        const isProven = ["ffi", "read", "net"].every(has);
        assertEquals(run.levels.beat === "ok", isProven);
      }),
    );
  }
});
