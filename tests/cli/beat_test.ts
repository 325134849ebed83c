import { assert, assertEquals, assertMatch } from "@std/assert";
import { type Frame, Status } from "../../mod.ts";
import { quoteForShell } from "../../src/cli/_text.ts";
import { Cli, runCli } from "../support/cli.ts";
import { TestObserver } from "../support/observer.ts";
import { TestFolder } from "../support/test_folder.ts";
import { until } from "../support/until.ts";

const HINT = /^To check whether the observer counts beats: deno run -A .*\n/m;

const NO_OBSERVER =
  /^beat \d+: dropped: no-observer \((\w+)\): .*start the observer/;

Deno.test("cli beat sends one beat, prints it on stderr and exits with 0", async () => {
  using observer = new TestObserver();
  const { code, stdout, stderr } = await runCli(["beat", observer.path]);
  assertEquals({ code, stdout }, { code: 0, stdout: "" });
  assertEquals(stderr.replace(HINT, ""), "beat 1: sent, in version 2\n");
  const [{ version, status, nonce, payload }, ...rest] = observer.receiveAll();
  assertEquals({ version, status, nonce, payload }, {
    version: 2,
    status: Status.Ok,
    nonce: 1n,
    payload: 0n,
  });
  assertEquals(rest, []);
});

/** Options, and the fields of the beat. */
const options: [args: string[], fields: Partial<Frame>][] = [
  [["--status", "DEGRADED"], { status: Status.Degraded, version: 2 }],
  [["--status=Critical", "--protocol", "1"], {
    status: Status.Critical,
    version: 1,
  }],
  [["--payload", "4294967295"], { payload: 2n ** 32n - 1n }],
  [["--payload", "18446744073709551615", "--protocol", "1"], {
    payload: 2n ** 64n - 1n,
  }],
];

for (const [args, fields] of options) {
  Deno.test(`cli beat ${args.join(" ")} sends these fields`, async () => {
    using observer = new TestObserver();
    const { code, stderr } = await runCli(["beat", observer.path, ...args]);
    assertEquals(code, 0);
    const frame = observer.receive()!;
    assert(stderr.startsWith(`beat 1: sent, in version ${frame.version}\n`));
    assertEquals({ ...frame, ...fields }, frame);
  });
}

Deno.test("cli beat --count --interval sends beats at the interval", async () => {
  using observer = new TestObserver();
  const args = ["--count", "4", "--interval", "60"];
  const { code, stderr } = await runCli(["beat", observer.path, ...args]);
  assertEquals(code, 0);
  // The hint is there once.
  assertEquals(
    stderr.replace(HINT, ""),
    [1, 2, 3, 4].map((i) => `beat ${i}: sent, in version 2\n`).join(""),
  );
  const times = observer.receiveAll().map(({ timestamp }) => timestamp);
  assertEquals(times.length, 4);
  for (const [i, time] of times.slice(1).entries()) {
    assert(time - times[i] >= 59_000_000n, `${times}`);
  }
});

Deno.test("cli beat points to check, with its own arguments", async () => {
  using observer = new TestObserver();
  const args = ["beat", observer.path, "--protocol", "1"];
  const { stderr } = await runCli(args);
  assertMatch(stderr, HINT);
  const path = quoteForShell(observer.path);
  assert(stderr.endsWith(` check ${path} --protocol 1\n`), stderr);
});

Deno.test("cli beat --help says what the observer does after the last beat", async () => {
  const { stdout } = await runCli(["beat", "--help"]);
  const text = stdout.replaceAll("\n", " ");
  assertMatch(text, /tool to try a connection\./);
  assertMatch(
    text,
    /reports the pid of beat as stalled, and runs its recovery/,
  );
});

for (const flag of ["--quiet", "-q"]) {
  Deno.test(`cli beat ${flag} prints only beats that are not sent`, async () => {
    using observer = new TestObserver();
    const sent = await runCli(["beat", observer.path, flag]);
    assertEquals(sent, { code: 0, stdout: "", stderr: "" });
    observer.stop();
    const { code, stderr } = await runCli(["beat", observer.path, flag]);
    assertEquals(code, 1);
    assertMatch(stderr, /^beat 1: dropped: .*\n$/);
  });
}

Deno.test("cli beat --count without --interval waits one second", async () => {
  using observer = new TestObserver();
  assertEquals((await runCli(["beat", observer.path, "--count", "2"])).code, 0);
  const [first, second] = observer.receiveAll();
  assert(second.timestamp - first.timestamp >= 990_000_000n);
});

Deno.test("cli beat exits with 1 if there is no observer", async () => {
  using folder = new TestFolder();
  const path = folder.file("socket");
  const withoutFile = await runCli(["beat", path]);
  assertEquals(withoutFile.code, 1);
  assertEquals(NO_OBSERVER.exec(withoutFile.stderr)?.[1], "ENOENT");

  using observer = new TestObserver(path);
  observer.stop();
  const withFile = await runCli(["beat", path]);
  assertEquals(withFile.code, 1);
  assertEquals(NO_OBSERVER.exec(withFile.stderr)?.[1], "ECONNREFUSED");
});

Deno.test("cli beat exits with 1 if the observer is too slow", async () => {
  using observer = new TestObserver();
  // More than the queue of any system holds.
  const args = ["--interval", "1", "--count", "1000"];
  const { code, stderr } = await runCli(["beat", observer.path, ...args]);
  assertEquals(code, 1);
  const last = stderr.trim().split("\n").at(-1)!;
  assertMatch(last, /^beat 1000: dropped: kernel-queue-full \(E\w+\): .*look/);
});

Deno.test("cli beat exits with 3 if it cannot connect", async () => {
  using folder = new TestFolder();
  const path = folder.file("stream");
  using _listener = Deno.listen({ transport: "unix", path });
  const args = ["--interval", "1", "--count", "5"];
  const { code, stderr } = await runCli(["beat", path, ...args]);
  assertEquals(code, 3);
  assertMatch(stderr, /^Cannot connect to .*not a datagram socket.*\n$/);
});

Deno.test("cli beat exits with 3 after a beat that failed", async () => {
  using folder = new TestFolder();
  const path = folder.file("stream");
  await using cli = new Cli(["beat", path, "--interval", "50"]);
  await until("a drop", () => cli.stderr.includes("dropped"));
  using _listener = Deno.listen({ transport: "unix", path });
  const { code, stderr } = await cli.end();
  assertEquals(code, 3);
  assertMatch(stderr, /\nbeat \d+: failed: .*EPROTOTYPE.*\n$/);
});

Deno.test("cli beat --interval finds an observer that starts and restarts", async () => {
  using folder = new TestFolder();
  const path = folder.file("socket");
  await using cli = new Cli(["beat", path, "--interval", "500"]);
  await until("a drop", () => cli.stderr.includes("dropped"));
  using observer = new TestObserver(path);
  const first = await until("a first beat", () => observer.receive());
  observer.restart();
  const second = await until(
    "a beat after the restart",
    () => observer.receive(),
  );
  assert(second.nonce > first.nonce);
  cli.kill("SIGTERM");
  const { code, stderr } = await cli.end();
  assertEquals(code, 0);
  assertMatch(stderr, NO_OBSERVER);
});

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  Deno.test(`cli beat --interval exits at ${signal} with 0 after a sent beat`, async () => {
    using observer = new TestObserver();
    await using cli = new Cli(["beat", observer.path, "--interval", "60000"]);
    await until("a beat", () => observer.receive());
    cli.kill(signal);
    const { code, stderr } = await cli.end();
    assertEquals(code, 0);
    assertEquals(stderr.replace(HINT, ""), "beat 1: sent, in version 2\n");
  });
}

Deno.test("cli beat exits at a signal with 1 after a dropped beat", async () => {
  using folder = new TestFolder();
  const args = ["beat", folder.file("socket"), "--interval", "60000"];
  await using cli = new Cli(args);
  await until("a beat", () => cli.stderr !== "");
  cli.kill("SIGINT");
  const { code, stderr } = await cli.end();
  assertEquals(code, 1);
  assertMatch(stderr, /^beat 1: dropped: no-observer/);
});
