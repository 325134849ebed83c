import { assert, assertEquals, assertMatch } from "@std/assert";
import { DatagramSocket } from "../../../ffi/datagram_socket.ts";
import { system } from "../../../ffi/system.ts";
import { unixAddress } from "../../../ffi/socket_address.ts";
import { NONCE_TERMINAL, Status, Varta } from "../../../mod.ts";
import { Cli, runCli, runShell } from "../../support/cli.ts";
import { encode } from "../../support/frames.ts";
import { messageOf } from "../../support/message.ts";
import { TestObserver } from "../../support/observer.ts";
import { createRandom } from "../../support/random.ts";
import { TestFolder } from "../../support/test_folder.ts";
import { exists, until } from "../../support/until.ts";

const isAttested = system.SO_PASSCRED !== 0;
/** The name of this process; `undefined` if the system has no `/proc`. */
const comm = exists("/proc/self/comm")
  ? Deno.readTextFileSync("/proc/self/comm").trim()
  : undefined;
const PEER = { pid: Deno.pid, uid: Deno.uid(), gid: Deno.gid() };

/** A running `watch` whose stdout is a pipe. */
class Watch implements AsyncDisposable {
  readonly #folder = new TestFolder();
  readonly path = this.#folder.file("socket");
  readonly cli: Cli;

  private constructor(args: string[]) {
    this.cli = new Cli(["watch", this.path, ...args]);
  }

  static async start(...args: string[]): Promise<Watch> {
    const watch = new Watch(args);
    await until("the socket exists", () => exists(watch.path));
    return watch;
  }

  connect(): Varta {
    return Varta.connect(this.path);
  }

  /** Sends a datagram. */
  send(bytes: Uint8Array): void {
    const socket = new DatagramSocket(unixAddress(this.path));
    assertEquals(socket.send(messageOf(bytes)), undefined);
    socket.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cli[Symbol.asyncDispose]();
    this.#folder[Symbol.dispose]();
  }
}

Deno.test("cli watch prints a line for each event into a pipe", async () => {
  await using watch = await Watch.start("--threshold", "3000");
  using agent = watch.connect();
  const read = async () => (await watch.cli.readLine())!;
  const fields = `pid=${Deno.pid} status=\\w+ nonce=\\d+ payload=\\d+ ` +
    "timestamp=\\d+ version=1";
  const name = comm === undefined ? "" : ` name=${comm}`;

  agent.beat(Status.Degraded, 17);
  const beat = await read();
  assertMatch(beat, RegExp(`^\\S+Z beat {5}${fields}`));
  assertMatch(beat, / status=Degraded nonce=1 payload=17 /);
  assert(Math.abs(Date.parse(beat.split(" ")[0]) - Date.now()) < 10_000);
  if (isAttested) {
    assertMatch(beat, RegExp(` peer=${Object.values(PEER).join(":")}$`));
  }

  assertMatch(
    await read(),
    RegExp(`^\\S+Z stalled {2}${fields} silence=\\d+${name}$`),
  );
  agent.beat(Status.Ok);
  assertMatch(await read(), RegExp(`^\\S+Z beat {5}${fields}`));
  assertMatch(
    await read(),
    RegExp(`^\\S+Z returned ${fields} silence=\\d+${name}$`),
  );
  watch.send(encode({
    pid: Deno.pid,
    status: Status.Critical,
    nonce: NONCE_TERMINAL,
  }));
  assertMatch(await read(), RegExp(`beat .* nonce=${NONCE_TERMINAL} `));
  assertMatch(
    await read(),
    RegExp(`^\\S+Z ended {4}${fields} silence=\\d+${name}$`),
  );
  watch.send(new TextEncoder().encode("\x1b[31mred"));
  assertMatch(
    await read(),
    /^\S+Z rejected reason=BadLength length=8 bytes=1b5b33316d726564/,
  );

  watch.cli.kill("SIGTERM");
  const { code, stdout, stderr } = await watch.cli.end();
  assertEquals({ code, stdout, stderr }, { code: 0, stdout: "", stderr: "" });
});

Deno.test("cli watch --json prints an object per line with exact integers", async () => {
  await using watch = await Watch.start("--json", "--threshold=300");
  using agent = watch.connect();
  watch.send(new Uint8Array(4));
  agent.beat(Status.Critical, 2n ** 64n - 1n);
  const events: Record<string, unknown>[] = [];
  while (events.length < 3) {
    events.push(JSON.parse((await watch.cli.readLine())!));
  }
  const [rejected, beat, stalled] = events.map((
    { time: _time, timestamp: _timestamp, peer: _peer, ...rest },
  ) => rest);
  const frame = {
    pid: Deno.pid,
    status: "Critical",
    nonce: "1",
    payload: "18446744073709551615",
    version: 1,
  };
  assertEquals(beat, { event: "beat", ...frame });
  const bytes = "00000000";
  const name = comm === undefined ? {} : { name: comm };
  assertEquals(rejected, {
    event: "rejected",
    reason: "BadLength",
    length: 4,
    bytes,
    ...isAttested && name,
  });
  const { silence, ...rest } = stalled;
  assertEquals(rest, { event: "stalled", ...frame, ...name });
  assert(Number(silence) >= 300);
  assertEquals(events.map(({ peer }) => peer), [
    isAttested ? PEER : undefined,
    isAttested ? PEER : undefined,
    undefined,
  ]);
  for (const { time } of events) {
    assertEquals(new Date(String(time)).toISOString(), time);
  }
});

/** The fields of each kind of event, and the JSON type of each. */
const frameTypes = {
  pid: "number",
  status: "string",
  nonce: "string",
  payload: "string",
  timestamp: "string",
  version: "number",
};
const fieldTypes: Record<string, Record<string, string>> = {
  beat: { ...frameTypes, ...isAttested && { peer: "object" } },
  rejected: {
    ...{ reason: "string", length: "number", bytes: "string" },
    ...isAttested && { peer: "object" },
    ...isAttested && comm !== undefined && { name: "string" },
  },
};

Deno.test("cli watch --json is valid whatever is sent", async () => {
  await using watch = await Watch.start("--json");
  const random = createRandom(16);
  for (let i = 0; i < 200; i++) {
    const length = i % 2 === 0 ? 32 : random() % 80;
    const bytes = Uint8Array.from({ length }, () => random() % 256);
    if (i % 4 === 0) bytes.set([0x56, 0x41, 1 + i % 8 / 4]);
    if (i % 8 === 0) {
      // A frame of this process, with any status, time and payload.
      const view = new DataView(bytes.buffer);
      view.setUint8(3, i / 8 % 4);
      view.setUint32(4, Deno.pid, true);
      view.setBigUint64(16, BigInt(i), true);
    }
    watch.send(bytes);
    const line = (await watch.cli.readLine())!;
    const { time, event, ...fields } = JSON.parse(line);
    assertEquals(new Date(time).toISOString(), time);
    const types = Object.entries(fields).map(([name, value]) => [
      ...[name, typeof value],
    ]);
    assertEquals(Object.fromEntries(types), fieldTypes[event], line);
    assertMatch(line, /^[ -~]+$/);
  }
});

const fullTest = exists("/dev/full") ? Deno.test : Deno.test.ignore;

for (const json of ["", " --json"]) {
  fullTest(`cli watch${json} says that stdout cannot be written`, async () => {
    using folder = new TestFolder();
    const path = folder.file("socket");
    const line = `$cli watch socket${json} > /dev/full; echo $?`;
    const shell = runShell(line, folder.path);
    await until("the socket exists", () => exists(path));
    using agent = Varta.connect(path);
    agent.beat(Status.Ok);
    const { stdout, stderr } = await shell;
    assertEquals(stdout, "3\n");
    assertMatch(
      stderr,
      /^Cannot write an event to stdout: No space left .*\n$/,
    );
    assert(!exists(path));
  });
}

Deno.test("cli watch reads both versions of the protocol", async () => {
  await using watch = await Watch.start();
  for (const version of [1, 2] as const) {
    using agent = Varta.connect(watch.path, { version, nonce: "clock" });
    agent.beat(Status.Ok);
    assertMatch((await watch.cli.readLine())!, RegExp(` version=${version}`));
  }
});

Deno.test("cli watch prints why it rejects a second agent of a process", async () => {
  await using watch = await Watch.start();
  using first = watch.connect();
  using second = watch.connect();
  first.beat(Status.Ok);
  assertMatch((await watch.cli.readLine())!, /Z beat .* nonce=1 /);
  second.beat(Status.Ok);
  assertMatch(
    (await watch.cli.readLine())!,
    /Z rejected reason=OutOfOrder length=32 bytes=5641/,
  );
});

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const) {
  Deno.test(`cli watch exits at ${signal} with 0, and removes its socket`, async () => {
    await using watch = await Watch.start();
    watch.cli.kill(signal);
    const { code, stderr } = await watch.cli.end();
    assertEquals({ code, stderr }, { code: 0, stderr: "" });
    assert(!exists(watch.path));
  });
}

Deno.test("cli watch exits with 0 if its reader has ended", async () => {
  using folder = new TestFolder();
  const path = folder.file("socket");
  const line = "{ $cli watch socket; echo $? >&2; } | head -n 2";
  const shell = runShell(line, folder.path);
  await until("the socket exists", () => exists(path));
  using agent = Varta.connect(path);
  const beating = setInterval(() => agent.beat(Status.Ok), 5);
  const { stdout, stderr } = await shell;
  clearInterval(beating);
  assertEquals(stderr, "0\n");
  assertEquals(stdout.split("\n").length, 3);
  assert(!exists(path));
});

Deno.test("cli watch exits at a signal while its reader does not read", async () => {
  await using watch = await Watch.start();
  using agent = watch.connect();
  // The pipe is full, and then the queue of the socket.
  let last = performance.now();
  await until("no beat is sent any more", () => {
    while (agent.beat(Status.Ok).kind === "sent") last = performance.now();
    return performance.now() - last > 1_000;
  });
  watch.cli.kill("SIGTERM");
  await until("the socket is removed", () => !exists(watch.path));
  assertEquals((await watch.cli.end()).code, 0);
});

Deno.test("cli watch --changes prints stalls, returns, ends and deaths", async () => {
  await using watch = await Watch.start("--changes", "--threshold", "500");
  const read = async () => (await watch.cli.readLine())!;
  await runCli(["beat", watch.path, "--quiet"]);
  assertMatch(await read(), /^\S+Z stalled {2}pid=/);
  assertMatch(
    await read(),
    /^\S+Z gone {5}pid=\d+ .* silence=\d+( name=\S+)?$/,
  );
  using agent = watch.connect();
  watch.send(new Uint8Array(4));
  agent.beat(Status.Ok);
  assertMatch(await read(), RegExp(`^\\S+Z stalled {2}pid=${Deno.pid} `));
  agent.beat(Status.Ok);
  assertMatch(await read(), RegExp(`^\\S+Z returned pid=${Deno.pid} `));
  watch.send(encode({ pid: Deno.pid, nonce: NONCE_TERMINAL }));
  assertMatch(await read(), RegExp(`^\\S+Z ended {4}pid=${Deno.pid} `));
  watch.cli.kill("SIGTERM");
  assertEquals((await watch.cli.end()).stdout, "");
});

Deno.test("cli watch says on stderr that the socket's file was removed", async () => {
  await using watch = await Watch.start();
  using agent = watch.connect();
  const beat = async () => {
    agent.beat(Status.Ok);
    assertMatch((await watch.cli.readLine())!, /Z beat /);
  };
  // After that, it is ready.
  await beat();
  Deno.removeSync(watch.path);
  await until("it says so", () => watch.cli.stderr.endsWith("\n"));
  assertMatch(watch.cli.stderr, /^The socket's file was removed: .*\n$/);
  await beat();
});

Deno.test("cli watch --log exits with 3 if it may not write the file", async () => {
  using folder = new TestFolder();
  const args = ["watch", folder.file("socket"), "--log", folder.file("log")];
  const { code, stderr } = await runCli(args);
  assertEquals(code, 3);
  assertMatch(stderr, /^Cannot open the log ".*": .*--allow-write/);
  assert(!exists(folder.file("socket")));
});

Deno.test("cli watch exits with 3 and one line if it cannot bind", async () => {
  using folder = new TestFolder();
  using observer = new TestObserver();
  const file = folder.file("file");
  Deno.writeTextFileSync(file, "content");
  const refusals: [path: string, message: RegExp][] = [
    [observer.path, /^Cannot bind to .*another observer receives there.*\n$/],
    [file, /^Cannot bind to .*a file is there.*\n$/],
    [folder.path, /^Cannot bind to .*a directory is there.*\n$/],
    [
      folder.file("no/socket"),
      /^Cannot bind to .*directory does not exist.*\n$/,
    ],
  ];
  for (const [path, message] of refusals) {
    const { code, stdout, stderr } = await runCli(["watch", path]);
    assertEquals({ code, stdout }, { code: 3, stdout: "" });
    assertMatch(stderr, message);
  }
  assertEquals(Deno.readTextFileSync(file), "content");
  assert(exists(observer.path));
});
