import { assert, assertEquals, assertMatch } from "@std/assert";
import { type Frame, Status } from "../../mod.ts";
import { Cli, runCli } from "../support/cli.ts";
import { TestFolder, TestObserver } from "../support/observer.ts";
import { until } from "../support/until.ts";

/** What `beat` says of one that an observer should be there for. */
const NO_OBSERVER =
  /^beat \d+: dropped: no-observer: Cannot connect to .*: .*start the observer/;

Deno.test("cli beat sends one beat, says so on stderr and ends with 0", async () => {
  using observer = new TestObserver();
  const { code, stdout, stderr } = await runCli(["beat", observer.path]);
  assertEquals({ code, stdout, stderr }, {
    code: 0,
    stdout: "",
    stderr: "beat 1: sent\n",
  });
  const [{ version, status, nonce, payload }, ...rest] = observer.receiveAll();
  assertEquals({ version, status, nonce, payload }, {
    version: 1,
    status: Status.Ok,
    nonce: 1n,
    payload: 0n,
  });
  assertEquals(rest, []);
});

/** Options, and what they make of the beat. */
const options: [args: string[], fields: Partial<Frame>][] = [
  [["--status", "DEGRADED"], { status: Status.Degraded }],
  [["--status=Critical", "--protocol", "2"], {
    status: Status.Critical,
    version: 2,
  }],
  [["--payload", "18446744073709551615"], { payload: 2n ** 64n - 1n }],
  [["--payload", "4294967295", "--protocol", "2"], { payload: 2n ** 32n - 1n }],
];

for (const [args, fields] of options) {
  Deno.test(`cli beat ${args.join(" ")} sends what that says`, async () => {
    using observer = new TestObserver();
    const { code } = await runCli(["beat", observer.path, ...args]);
    assertEquals(code, 0);
    const frame = observer.receive()!;
    assertEquals({ ...frame, ...fields }, frame);
  });
}

Deno.test("cli beat --count --interval sends as many, that far apart", async () => {
  using observer = new TestObserver();
  const args = ["--count", "4", "--interval", "60"];
  const { code, stderr } = await runCli(["beat", observer.path, ...args]);
  assertEquals(code, 0);
  assertEquals(stderr, [1, 2, 3, 4].map((i) => `beat ${i}: sent\n`).join(""));
  const times = observer.receiveAll().map(({ timestamp }) => timestamp);
  assertEquals(times.length, 4);
  for (const [i, time] of times.slice(1).entries()) {
    assert(time - times[i] >= 59_000_000n, `${times}`);
  }
});

Deno.test("cli beat --count without --interval waits a second", async () => {
  using observer = new TestObserver();
  assertEquals((await runCli(["beat", observer.path, "--count", "2"])).code, 0);
  const [first, second] = observer.receiveAll();
  assert(second.timestamp - first.timestamp >= 990_000_000n);
});

Deno.test("cli beat ends with 1 where there is no observer", async () => {
  using folder = new TestFolder();
  const path = folder.file("socket");
  const never = await runCli(["beat", path]);
  assertEquals(never.code, 1);
  assertMatch(never.stderr, NO_OBSERVER);
  assertMatch(never.stderr, /ENOENT/);

  using observer = new TestObserver(path);
  observer.stop();
  const left = await runCli(["beat", path]);
  assertEquals(left.code, 1);
  assertMatch(left.stderr, NO_OBSERVER);
  assertMatch(left.stderr, /ECONNREFUSED/);
});

Deno.test("cli beat ends with 1 where the observer does not keep up", async () => {
  using observer = new TestObserver();
  // More than any system's queue holds, whatever its unit.
  const args = ["--interval", "1", "--count", "1000"];
  const { code, stderr } = await runCli(["beat", observer.path, ...args]);
  assertEquals(code, 1);
  const last = stderr.trim().split("\n").at(-1)!;
  assertMatch(last, /^beat 1000: dropped: kernel-queue-full \(E\w+\): .*look/);
});

Deno.test("cli beat ends with 3 at a beat that fails, which is the last one", async () => {
  using folder = new TestFolder();
  const path = folder.file("stream");
  using _listener = Deno.listen({ transport: "unix", path });
  const args = ["--interval", "1", "--count", "5"];
  const { code, stderr } = await runCli(["beat", path, ...args]);
  assertEquals(code, 3);
  assertMatch(stderr, /^beat 1: failed: .*not a datagram socket.*\n$/);
});

Deno.test("cli beat --interval finds an observer that comes, goes and comes back", async () => {
  using folder = new TestFolder();
  const path = folder.file("socket");
  await using cli = new Cli(["beat", path, "--interval", "500"]);
  await until("a drop", () => cli.said.includes("dropped"));
  using observer = new TestObserver(path);
  const first = await until("a first beat", () => observer.receive());
  observer.restart();
  const second = await until("a beat behind it", () => observer.receive());
  assert(second.nonce > first.nonce);
  cli.kill("SIGTERM");
  const { code, stderr } = await cli.end();
  assertEquals(code, 0);
  assertMatch(stderr, NO_OBSERVER);
});

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  Deno.test(`cli beat --interval ends by ${signal} with the code of the last beat`, async () => {
    using observer = new TestObserver();
    await using cli = new Cli(["beat", observer.path, "--interval", "60000"]);
    await until("a beat", () => observer.receive());
    cli.kill(signal);
    const { code, stderr } = await cli.end();
    assertEquals(code, 0);
    assertEquals(stderr, "beat 1: sent\n");
  });
}

Deno.test("cli beat ends by a signal with 1 where the last beat was dropped", async () => {
  using folder = new TestFolder();
  const args = ["beat", folder.file("socket"), "--interval", "60000"];
  await using cli = new Cli(args);
  await until("a beat", () => cli.said !== "");
  cli.kill("SIGINT");
  const { code, stderr } = await cli.end();
  assertEquals(code, 1);
  assertMatch(stderr, /^beat 1: dropped: no-observer/);
});
