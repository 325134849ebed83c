import { assert, assertEquals } from "@std/assert";
import { monotonicNow } from "../../ffi/monotonic_clock.ts";
import { notify, type NotifyState } from "../../src/systemd/mod.ts";
import { hasProgram } from "../support/process.ts";
import { createRandom } from "../support/random.ts";
import { testUnless } from "../support/test_unless.ts";
import { Manager } from "./receiver.ts";

const onLinux = Deno.build.os === "linux"
  ? undefined
  : "only Linux has abstract names";

for (const kind of ["path", "abstract"] as const) {
  testUnless(
    kind === "path" ? undefined : onLinux,
    `notify() sends from this process to a socket (${kind})`,
    () => {
      using manager = new Manager(kind);

      assertEquals(notify({ ready: true }), true);

      const pid = Deno.build.os === "linux" ? Deno.pid : undefined;
      assertEquals(manager.receive(), { text: "READY=1", pid });
      assertEquals(manager.receive(), undefined);
    },
  );
}

const lines: [state: NotifyState, line: string][] = [
  [{ ready: true }, "READY=1"],
  [{ stopping: true }, "STOPPING=1"],
  [{ status: "Serving" }, "STATUS=Serving"],
  [{ status: "" }, "STATUS="],
  [{ status: " a=b\t" }, "STATUS= a=b\t"],
  [{ status: "Bereit für 日本 🦕" }, "STATUS=Bereit für 日本 🦕"],
  [{ status: "\ufeffa" }, "STATUS=\ufeffa"],
  [{ status: "half of a pair: \ud83e" }, "STATUS=half of a pair: \ufffd"],
  [{ status: "x".repeat(3840) }, `STATUS=${"x".repeat(3840)}`],
  [{ errno: 0 }, "ERRNO=0"],
  [{ errno: 4095 }, "ERRNO=4095"],
  [{ exitStatus: 0 }, "EXIT_STATUS=0"],
  [{ exitStatus: 255 }, "EXIT_STATUS=255"],
  [{ mainPid: 1 }, "MAINPID=1"],
  [{ mainPid: 2147483647 }, "MAINPID=2147483647"],
  [{ extendTimeout: 0.001 }, "EXTEND_TIMEOUT_USEC=1"],
  [{ extendTimeout: 90_000 }, "EXTEND_TIMEOUT_USEC=90000000"],
  [{ watchdogTimeout: 1.1 }, "WATCHDOG_USEC=1100"],
  [{ watchdogTimeout: 9007199254740 }, "WATCHDOG_USEC=9007199254740000"],
  [{ watchdog: true }, "WATCHDOG=1"],
  [{ watchdog: "trigger" }, "WATCHDOG=trigger"],
  [{ restartReset: true }, "RESTART_RESET=1"],
  [{ notifyAccess: "none" }, "NOTIFYACCESS=none"],
  [{ notifyAccess: "main" }, "NOTIFYACCESS=main"],
  [{ notifyAccess: "exec" }, "NOTIFYACCESS=exec"],
  [{ notifyAccess: "all" }, "NOTIFYACCESS=all"],
];

Deno.test("notify() sends each field as exactly its line", () => {
  using manager = new Manager();
  for (const [state, line] of lines) {
    assertEquals(notify(state), true);
    assertEquals(manager.receiveTexts(), [line]);
  }
});

Deno.test("notify() sends several fields in one datagram", () => {
  using manager = new Manager();

  notify({
    notifyAccess: "all",
    restartReset: true,
    watchdog: true,
    watchdogTimeout: 10_000,
    extendTimeout: 20_000,
    mainPid: 4242,
    exitStatus: 1,
    errno: 2,
    status: "All of them",
    stopping: true,
    ready: true,
  });

  assertEquals(manager.receiveTexts(), [
    "READY=1\nSTOPPING=1\nSTATUS=All of them\nERRNO=2\nEXIT_STATUS=1\n" +
    "MAINPID=4242\nEXTEND_TIMEOUT_USEC=20000000\nWATCHDOG_USEC=10000000\n" +
    "WATCHDOG=1\nRESTART_RESET=1\nNOTIFYACCESS=all",
  ]);
});

Deno.test("notify() never sends more than the 4096 bytes that systemd reads", () => {
  using manager = new Manager();
  notify({
    ...{ ready: true, reloading: true, stopping: true },
    status: "x".repeat(3840),
    ...{ errno: 4095, exitStatus: 255, mainPid: 2147483647 },
    ...{ extendTimeout: 9007199254740, watchdogTimeout: 9007199254740 },
    ...{ watchdog: "trigger", restartReset: true, notifyAccess: "none" },
  });
  const [text] = manager.receiveTexts();
  assertEquals(text.split("\n").length, 13);
  assert(text.length <= 4096, `${text.length}`);
});

Deno.test("notify() ignores a field that is undefined", () => {
  using manager = new Manager();
  notify({ ready: true, stopping: undefined, status: undefined });
  assertEquals(manager.receiveTexts(), ["READY=1"]);
});

Deno.test("notify() sends MONOTONIC_USEC with RELOADING", () => {
  using manager = new Manager();
  const before = monotonicNow() / 1_000n;
  notify({ reloading: true, status: "Reading the configuration" });
  const after = monotonicNow() / 1_000n;

  const [text] = manager.receiveTexts();
  const [reloading, status, time] = text.split("\n");
  assertEquals(reloading, "RELOADING=1");
  assertEquals(status, "STATUS=Reading the configuration");
  const microseconds = BigInt(/^MONOTONIC_USEC=(\d+)$/.exec(time)![1]);
  assert(before <= microseconds && microseconds <= after);
});

/** Returns a state with random fields of random values. */
function randomState(random: () => number): NotifyState {
  const upTo = (max: number) => random() % (max + 1);
  const text = () =>
    Array.from(
      { length: upTo(40) },
      () => String.fromCodePoint(32 + upTo(0xd000)),
    ).join("");
  const state: NotifyState = {};
  const has = () => upTo(2) === 0;
  if (has()) state.ready = true;
  if (has()) state.reloading = true;
  if (has()) state.stopping = true;
  if (has()) state.status = text();
  if (has()) state.errno = upTo(4095);
  if (has()) state.exitStatus = upTo(255);
  if (has()) state.mainPid = 1 + upTo(2 ** 31 - 2);
  if (has()) state.extendTimeout = 1 + upTo(2 ** 31);
  if (has()) state.watchdogTimeout = (1 + upTo(2 ** 31)) / 1000;
  if (has()) state.watchdog = has() ? "trigger" : true;
  if (has()) state.restartReset = true;
  if (has()) state.notifyAccess = has() ? "exec" : "none";
  return state;
}

/** Reads a datagram as sd_notify(3) describes it. */
function parse(text: string): NotifyState {
  const entries = text.split("\n").map((line): [string, string] => {
    const equals = line.indexOf("=");
    return [line.slice(0, equals), line.slice(equals + 1)];
  });
  const values = Object.fromEntries(entries);
  assertEquals(Object.keys(values).length, entries.length, text);
  const state: NotifyState = {};
  for (const [name, value] of entries) {
    if (name === "READY") state.ready = true;
    else if (name === "RELOADING") state.reloading = true;
    else if (name === "STOPPING") state.stopping = true;
    else if (name === "STATUS") state.status = value;
    else if (name === "ERRNO") state.errno = Number(value);
    else if (name === "EXIT_STATUS") state.exitStatus = Number(value);
    else if (name === "MAINPID") state.mainPid = Number(value);
    else if (name === "EXTEND_TIMEOUT_USEC") {
      state.extendTimeout = Number(value) / 1000;
    } else if (name === "WATCHDOG_USEC") {
      state.watchdogTimeout = Number(value) / 1000;
    } else if (name === "WATCHDOG") {
      state.watchdog = value === "1" ? true : value as "trigger";
    } else if (name === "RESTART_RESET") state.restartReset = true;
    else if (name === "NOTIFYACCESS") state.notifyAccess = value as "all";
    else assertEquals(name, "MONOTONIC_USEC");
  }
  assertEquals("MONOTONIC_USEC" in values, "RELOADING" in values);
  return state;
}

Deno.test("notify() sends 200 random states that parse back the same", () => {
  using manager = new Manager();
  const random = createRandom(15);
  for (let sent = 0; sent < 200;) {
    const state = randomState(random);
    if (Object.keys(state).length === 0) continue;
    assertEquals(notify(state), true);
    const [text, ...more] = manager.receiveTexts();
    assertEquals(more, []);
    assertEquals(parse(text), state);
    sent++;
  }
});

testUnless(
  hasProgram("systemd-notify") ? undefined : "no systemd-notify",
  "notify() sends what systemd-notify sends",
  async () => {
    using manager = new Manager();
    const cases: [NotifyState, string[]][] = [
      [{ ready: true }, ["--ready"]],
      [{ status: "ä = b" }, ["--status=ä = b"]],
      [{ mainPid: 4242 }, ["--pid=4242"]],
      [{ stopping: true }, ["STOPPING=1"]],
      [{ errno: 2 }, ["ERRNO=2"]],
      [{ exitStatus: 3 }, ["EXIT_STATUS=3"]],
      [{ extendTimeout: 1_500 }, ["EXTEND_TIMEOUT_USEC=1500000"]],
      [{ watchdogTimeout: 1_500 }, ["WATCHDOG_USEC=1500000"]],
      [{ watchdog: true }, ["WATCHDOG=1"]],
      [{ watchdog: "trigger" }, ["WATCHDOG=trigger"]],
      [{ restartReset: true }, ["RESTART_RESET=1"]],
      [{ notifyAccess: "exec" }, ["NOTIFYACCESS=exec"]],
      [{ ready: true, status: "Up" }, ["--ready", "--status=Up"]],
    ];
    for (const [state, args] of cases) {
      const { success } = await new Deno.Command("systemd-notify", {
        args: ["--no-block", ...args],
      }).output();
      assert(success);
      notify(state);
      const [theirs, ours, ...more] = manager.receiveTexts();
      assertEquals(more, []);
      assertEquals(ours, theirs);
    }
  },
);

Deno.test("notify() works in Workers", async () => {
  using manager = new Manager();
  const workers = Array.from(
    { length: 4 },
    () =>
      new Worker(import.meta.resolve("./programs/notify_worker.ts"), {
        type: "module",
      }),
  );
  await Promise.all(workers.map((worker, i) =>
    new Promise((resolve) => {
      worker.onmessage = resolve;
      worker.postMessage(i);
    })
  ));
  const received: string[] = [];
  for (let next; (next = manager.receive());) {
    if (Deno.build.os === "linux") assertEquals(next.pid, Deno.pid);
    received.push(next.text);
  }
  assertEquals(received.sort(), [0, 1, 2, 3].map((i) => `STATUS=${i}`));
  for (const worker of workers) worker.terminate();
});
