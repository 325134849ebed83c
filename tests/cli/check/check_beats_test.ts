import { assert, assertEquals, assertMatch } from "@std/assert";
import { cliArgs, runCli } from "../../support/cli.ts";
import { TestObserver } from "../../support/observer.ts";
import { hasProgram } from "../../support/process.ts";
import { TestFolder } from "../../support/test_folder.ts";
import { testUnless } from "../../support/test_unless.ts";
import {
  ALL,
  assertFails,
  check,
  findingOf,
  noFifo,
} from "../../support/run_check.ts";

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
    const summary = findingOf(run, "summary").message;
    assertEquals(summary, "the observer counts beats from here");
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

testUnless(
  hasProgram("timeout") ? undefined : "there is no timeout",
  "cli check --metrics fails if neither version is read",
  async () => {
    using folder = new TestFolder();
    await using metrics = serveMetrics(folder, countVersion(3));
    const run = await check(metrics.args, ALL, ["timeout", "60"]);
    assertFails(
      run,
      "beat",
      /beat of version 2: it does not read this version/,
    );
    assertEquals([...metrics.counts.values()], [0, 2]);
  },
);

Deno.test("cli check --metrics beats in the version that the metrics show", async () => {
  using folder = new TestFolder();
  await using metrics = serveMetrics(folder, countVersion(2));
  metrics.counts.set("varta_watch_uptime_seconds", 1); // which 0.1.0 does not have
  assertEquals((await check(metrics.args)).levels.beat, "ok");
  const other = await check([...metrics.args, "--protocol", "1"]);
  assertEquals(other.levels.beat, "fail");
  // It sent no version 1.
  assertEquals(
    [...metrics.counts.keys()].filter((name) => name.includes("bad_version")),
    [],
  );
});

Deno.test("cli check --metrics shows each counter that increases", async () => {
  using folder = new TestFolder();
  const counters = ["varta_io_errors_total", "varta_origin_conflict_total"];
  await using metrics = serveMetrics(folder, () => {
    for (const name of counters) metrics.counts.set(name, 1);
    return undefined;
  });
  const { code, findings } = await check(metrics.args);
  assertEquals(code, 1);
  const beats = findings.filter(({ check }) => check === "beat");
  assertEquals(
    beats.map(({ level, message }) => [level, /\((\w+)\)$/.exec(message)?.[1]]),
    counters.map((name) => ["fail", name]),
  );
});

for (const counted of [1, 2]) {
  testUnless(
    Deno.uid() === 0 ? undefined : "only root can change an owner",
    `cli check --metrics knows what version ${counted} means for another user`,
    async () => {
      using folder = new TestFolder();
      await using metrics = serveMetrics(folder, countVersion(counted));
      if (counted === 2) metrics.counts.set("varta_watch_uptime_seconds", 1);
      Deno.chownSync(folder.file("socket"), 65534, null);
      // Without -A, the owner of the file is taken for the observer's user.
      const names = ["ffi", "read", "net", "sys"];
      const flags = cliArgs(...names.map((name) => `--allow-${name}`));
      const { levels } = await check(metrics.args, flags);
      assertEquals(levels.user, counted === 1 ? "ok" : "fail");
    },
  );
}

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

Deno.test("cli check without --metrics says what the observer needs", async () => {
  using observer = new TestObserver();
  const { level, advice } = findingOf(await check([observer.path]), "beat");
  assertEquals(level, "warn");
  assertMatch(advice!, /^run again with --metrics, .*prometheus-exporter/);
});

Deno.test("cli check --metrics shows no secret of the URL", async () => {
  using observer = new TestObserver();
  const url = (user: string, query: string) =>
    `http://${user}localhost:9/metrics${query}`;
  for (const user of ["user:secret@", ":secret@", "secret@"]) {
    for (const scheme of ["http", "ftp", "a b"]) {
      const args = ["--metrics", url(user, "").replace("http", scheme)];
      const run = await runCli(["check", observer.path, ...args], ALL);
      assertEquals([run.code, run.stdout], [2, ""]);
      assert(!run.stderr.includes("secret"), run.stderr);
    }
  }
  const query = ["--metrics", url("", "?token=secret")];
  const run = await check([observer.path, ...query]);
  assertFails(
    run,
    "metrics",
    /^http:\/\/localhost:9\/metrics does not answer: /,
  );
  assert(!Deno.inspect(run).includes("secret"));
});

Deno.test("cli check --metrics sends no token to a proxy", async () => {
  using folder = new TestFolder();
  await using metrics = serveMetrics(folder, countVersion(2));
  const requests: string[] = [];
  const proxy = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    ({ url, headers }) => {
      requests.push(`${url} ${headers.get("authorization")}`);
      return new Response("");
    },
  );
  const names = ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];
  const run = await check(metrics.args, ALL, [
    ...["env", "--unset=NO_PROXY", "--unset=no_proxy", "NODE_USE_ENV_PROXY=1"],
    ...names.map((name) => `${name}=http://127.0.0.1:${proxy.addr.port}`),
  ]);
  await proxy.shutdown();
  assertEquals(run.levels.beat, "ok");
  // Deno itself may ask there for a newer release.
  const leaks = requests.filter((text) => /metrics|Bearer/.test(text));
  assertEquals(leaks, []);
});

testUnless(
  hasProgram("openssl", "version") ? undefined : "there is no openssl",
  "cli check --metrics reads metrics over TLS",
  async () => {
    using folder = new TestFolder();
    using observer = new TestObserver(folder.file("socket"));
    // An authority, and a certificate by it for this host.
    const script = `
      new="req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
      openssl $new -x509 -keyout ca.key -out ca.pem -subj /CN=ca
      openssl $new -keyout key.pem -out request.pem -subj /CN=localhost
      echo 'subjectAltName=IP:127.0.0.1\nbasicConstraints=CA:FALSE' > names
      openssl x509 -req -in request.pem -CA ca.pem -CAkey ca.key \
        -CAcreateserial -extfile names -out cert.pem`;
    await new Deno.Command("sh", { args: ["-c", script], cwd: folder.path })
      .output();
    const server = Deno.serve(
      {
        hostname: "127.0.0.1",
        port: 0,
        onListen() {},
        cert: Deno.readTextFileSync(folder.file("cert.pem")),
        key: Deno.readTextFileSync(folder.file("key.pem")),
      },
      () => {
        const lines = observer.receiveAll().map(({ pid }) =>
          `varta_beats_total{pid="${pid}"} 1\n`
        );
        return new Response(`varta_x 1\n${lines.join("")}`);
      },
    );
    const url = `https://127.0.0.1:${server.addr.port}/metrics`;
    const args = [observer.path, "--metrics", url];
    const trust = ["env", `DENO_CERT=${folder.file("ca.pem")}`];
    const run = await check(args, ALL, trust);
    assertEquals(run.levels.beat, "ok", Deno.inspect(run));
    assertFails(await check(args), "metrics", /does not answer: .*certificate/);
    await server.shutdown();
  },
);

Deno.test("cli check --metrics names the host and port in --allow-net", async () => {
  using folder = new TestFolder();
  await using metrics = serveMetrics(folder, countVersion(1));
  const { host } = new URL(metrics.url);
  for (const [protocol, port] of [["http", 80], ["https", 443]]) {
    const run = await check(
      [metrics.args[0], "--metrics", `${protocol}://localhost/metrics`],
      cliArgs("--allow-ffi"),
    );
    const flag = RegExp(`--allow-net=localhost:${port}$`);
    assertMatch(findingOf(run, "beat").advice!, flag);
  }
  // With that, and the other two, it proves the result.
  const enough = ["--allow-ffi", "--allow-read", `--allow-net=${host}`];
  const run = await check(metrics.args, cliArgs(...enough));
  assertEquals(findingOf(run, "beat").level, "ok");
  assertMatch(
    findingOf(run, "summary").message,
    /^the observer counts beats from here, but see .*user above$/,
  );
});

/** Runs a command with a host file in which the first address is not the server's. */
const WITH_OTHER_ADDRESS = [
  ...["unshare", "--mount", "sh", "-c"],
  'F=$(mktemp) && echo "::1 localhost\n127.0.0.1 localhost" > $F && mount --bind $F /etc/hosts && rm $F && exec "$@"',
  "sh",
];

testUnless(
  hasProgram(WITH_OTHER_ADDRESS[0], ...WITH_OTHER_ADDRESS.slice(1), "true")
    ? undefined
    : "/etc/hosts cannot be replaced here",
  "cli check --metrics tries 127.0.0.1 if localhost is ::1",
  async () => {
    using folder = new TestFolder();
    await using metrics = serveMetrics(folder, countVersion(1));
    const args = metrics.args.map((arg) =>
      arg.replace("127.0.0.1", "localhost")
    );
    assert(args.join().includes("localhost"));
    const run = await check(args, ALL, WITH_OTHER_ADDRESS);
    assertEquals(run.levels.beat, "ok", Deno.inspect(run));
  },
);

/** Returns each set of some of these. */
function subsetsOf<T>([first, ...others]: readonly T[]): T[][] {
  if (first === undefined) return [[]];
  return subsetsOf(others).flatMap((subset) => [subset, [first, ...subset]]);
}

Deno.test("cli check --metrics throws with no set of its permissions", async () => {
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
        const has = (name: string) => granted.includes(name);
        const code = has("ffi") ? 0 : 3;
        assertEquals(run.code, code, Deno.inspect({ granted, run }));
        const flags = run.findings.flatMap(({ level, check, advice }) =>
          level === "warn" && check !== "summary"
            ? advice!.replace("run again with ", "")
            : []
        );
        assertEquals(
          flags.filter((flag) => flag !== "-A"), // for /proc, if there is one
          [
            ...has("read") ? [] : [`--allow-read=${path}`],
            ...has("ffi") ? [] : ["--allow-ffi"],
            ...!has("ffi")
              ? []
              : !has("read")
              ? [`--allow-read=${folder.file("token")}`]
              : !has("net")
              ? [`--allow-net=${host}`]
              : [],
            ...has("sys") ? [] : ["--allow-sys=uid"],
          ],
          Deno.inspect({ granted, run }),
        );
        const isProven = ["ffi", "read", "net"].every(has);
        assertEquals(run.levels.beat === "ok", isProven);
      }),
    );
  }
});
