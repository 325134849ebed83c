import {
  assert,
  assertEquals,
  assertGreaterOrEqual,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import type { ErrorClass } from "../../ffi/failure.ts";
import { system } from "../../ffi/system.ts";
import {
  type CheckResult,
  classifySendError,
  startHeartbeat,
  Status,
  Varta,
} from "../../mod.ts";
import { notify, SystemdWatchdog } from "../../src/systemd/mod.ts";
import { TestObserver } from "../support/observer.ts";
import { describeOutcome } from "../support/outcomes.ts";
import {
  canTrace,
  isEmulated,
  openDescriptors,
  resultOf,
} from "../support/process.ts";
import { traceProgram } from "../support/system_calls.ts";
import { TestFolder } from "../support/test_folder.ts";
import { testUnless } from "../support/test_unless.ts";
import { Environment, Manager, Receiver } from "./receiver.ts";

const { EAGAIN, EBADF, EINVAL } = system.errno;

// Bytes of heap for each beat, at most, that reading the size of the heap takes.
const HEAP_QUERY_COST = 0.2;

/** Sets a watchdog of 20 s for this process. */
function setWatchdog(
  variables: Record<string, string | undefined> = {},
): Environment {
  return new Environment({
    WATCHDOG_USEC: "20000000",
    WATCHDOG_PID: String(Deno.pid),
    ...variables,
  });
}

/** Connects to the watchdog, which must be set. */
function connect(): SystemdWatchdog {
  const watchdog = SystemdWatchdog.connect();
  assert(watchdog !== undefined);
  return watchdog;
}

Deno.test("SystemdWatchdog.connect() returns undefined without a watchdog", () => {
  using _manager = new Manager();
  const cases: Record<string, string | undefined>[] = [
    { WATCHDOG_USEC: undefined },
    ...["", "0", "-1", "1.5", "1e6", "never", "18446744073709551615"].map((
      time,
    ) => ({
      WATCHDOG_USEC: time,
    })),
    ...["", "1", String(Deno.pid + 1), "me"].map((pid) => ({
      WATCHDOG_PID: pid,
    })),
    { NOTIFY_SOCKET: undefined },
    { NOTIFY_SOCKET: "" },
    { NOTIFY_SOCKET: "vsock:2:1234", WATCHDOG_USEC: undefined },
  ];
  for (const variables of cases) {
    using _environment = setWatchdog(variables);
    assertEquals(SystemdWatchdog.connect(), undefined, Deno.inspect(variables));
  }
});

Deno.test("SystemdWatchdog.interval is half of WATCHDOG_USEC in ms", () => {
  using _manager = new Manager();
  const cases = { "20000000": 10_000, "1000001": 500.0005, "2000": 1 };
  for (const [WATCHDOG_USEC, interval] of Object.entries(cases)) {
    for (const WATCHDOG_PID of [undefined, String(Deno.pid)]) {
      using _environment = setWatchdog({ WATCHDOG_USEC, WATCHDOG_PID });
      using watchdog = connect();
      assertEquals(watchdog.interval, interval);
    }
  }
});

Deno.test("SystemdWatchdog.interval is always valid for startHeartbeat()", () => {
  using _manager = new Manager();
  const max = 2 ** 31 - 1;
  const cases: [usec: string, interval: number][] = [
    ["1", 1],
    ["1999", 1],
    [`${60 * 24 * 3600 * 1e6}`, max], // WatchdogSec=60d
    [`${Number.MAX_SAFE_INTEGER}`, max],
  ];
  for (const [WATCHDOG_USEC, interval] of cases) {
    using _environment = setWatchdog({ WATCHDOG_USEC });
    using watchdog = connect();
    assertEquals(watchdog.interval, interval);
    using heartbeat = startHeartbeat(watchdog, { interval });
    assertEquals(heartbeat.counters.sent, 1);
  }
});

Deno.test("SystemdWatchdog.connect() sends nothing", () => {
  using manager = new Manager();
  using _environment = setWatchdog();
  using _watchdog = connect();
  assertEquals(manager.receiveTexts(), []);
});

Deno.test("SystemdWatchdog.connect() throws if systemd cannot be reached", () => {
  using folder = new TestFolder();
  const cases: [string, ErrorClass, string][] = [
    [folder.file("none"), Deno.errors.NotFound, "there is no such file"],
    ["vsock:2:1234", Deno.errors.NotSupported, "vsock is not supported"],
    ["run/notify", TypeError, "it must be an absolute path"],
    [`/${"x".repeat(200)}`, RangeError, "it is 201 bytes long"],
  ];
  for (const [NOTIFY_SOCKET, Class, message] of cases) {
    using _environment = setWatchdog({ NOTIFY_SOCKET });
    assertThrows(() => SystemdWatchdog.connect(), Class, message);
  }
});

Deno.test("SystemdWatchdog.beat() sends exactly what a status means", () => {
  for (const kind of ["path", "abstract"] as const) {
    if (kind === "abstract" && Deno.build.os !== "linux") continue;
    using manager = new Manager(kind);
    using _environment = setWatchdog();
    using watchdog = connect();
    const texts: [Status, string][] = [
      [Status.Ok, "WATCHDOG=1"],
      [Status.Degraded, "WATCHDOG=1"],
      [Status.Critical, "WATCHDOG=trigger"],
    ];
    const pid = Deno.build.os === "linux" ? Deno.pid : undefined;
    for (const [status, text] of texts) {
      assertEquals(watchdog.beat(status), { kind: "sent" });
      assertEquals(manager.receive(), { text, pid });
      assertEquals(manager.receive(), undefined);
    }
  }
});

Deno.test("SystemdWatchdog.beat() accepts the payload of an agent", () => {
  using manager = new Manager();
  using _environment = setWatchdog();
  using watchdog = connect();
  const payloads = [0, 17, Number.MAX_SAFE_INTEGER, 0n, 2n ** 64n - 1n];
  for (const payload of [undefined, ...payloads]) {
    assertEquals(watchdog.beat(Status.Ok, payload), { kind: "sent" });
    assertEquals(manager.receiveTexts(), ["WATCHDOG=1"]);
  }
});

/** A value that throws if anything reads or converts it. */
const hostile: unknown = new Proxy({}, {
  get() {
    throw new Error("read");
  },
});

const notNumbers = ["0", "", null, true, [], {}, Symbol(), () => 0, hostile];
const statuses = [Status.Stall, 4, -1, 0.5, NaN, 0n, undefined, ...notNumbers];
const numbers = [-1, 0.5, NaN, Infinity, -Infinity, 2 ** 53, -1n, 2n ** 64n];

/** A status and a payload, of which one or both are invalid. */
const invalidInput: [status: unknown, payload: unknown][] = [
  ...statuses.flatMap((status) => [[status, 0], [status, -1]]),
  ...[...numbers, ...notNumbers].flatMap((payload) => [
    [Status.Ok, payload],
    [Status.Critical, payload],
  ]),
] as [unknown, unknown][];

Deno.test("SystemdWatchdog.beat() refuses what an agent refuses", () => {
  using manager = new Manager();
  using folder = new TestFolder();
  using receiver = new Receiver(folder.file("agent"));
  using _environment = setWatchdog();
  using watchdog = connect();
  using agent = Varta.connect(receiver.name);
  for (const [status, payload] of invalidInput) {
    const outcome = watchdog.beat(status as Status, payload as number);
    assertStrictEquals(outcome, classifySendError(EINVAL));
    assertStrictEquals(
      agent.beat(status as Status, payload as number),
      outcome,
    );
  }
  assertEquals(manager.receiveTexts(), []);
  assertEquals(receiver.receiveTexts(), []);
});

Deno.test("SystemdWatchdog.beat() returns frozen and shared outcomes", () => {
  using _manager = new Manager();
  using _environment = setWatchdog();
  using watchdog = connect();
  const sent = watchdog.beat(Status.Ok);
  assert(Object.isFrozen(sent));
  assertStrictEquals(watchdog.beat(Status.Critical), sent);
});

Deno.test("SystemdWatchdog.beat() drops a ping if the queue is full", () => {
  using manager = new Manager();
  using _environment = setWatchdog();
  using watchdog = connect();
  const { wait } = Atomics;
  let sleeps = 0;
  Atomics.wait = (...args: unknown[]) => {
    sleeps++;
    return Reflect.apply(wait, Atomics, args);
  };
  try {
    let queued = 0;
    while (watchdog.beat(Status.Ok).kind === "sent") queued++;
    for (let i = 0; i < 3; i++) {
      assertStrictEquals(watchdog.beat(Status.Ok), classifySendError(EAGAIN));
    }
    assertEquals(manager.receiveTexts(), Array(queued).fill("WATCHDOG=1"));
    assertEquals(watchdog.beat(Status.Ok).kind, "sent");
    assertEquals(sleeps, 0);
  } finally {
    Atomics.wait = wait;
  }
});

Deno.test("SystemdWatchdog.beat() finds a receiver like reconnectAfter 1", () => {
  using manager = new Manager();
  using folder = new TestFolder();
  using observer = new Receiver(folder.file("observer"));
  using _environment = setWatchdog();
  using watchdog = connect();
  using agent = Varta.connect(observer.name, { reconnectAfter: 1 });

  const outcomes: string[] = [];
  const expected: string[] = [];
  const beat = () => {
    outcomes.push(describeOutcome(watchdog.beat(Status.Ok)));
    expected.push(describeOutcome(agent.beat(Status.Ok)));
  };
  const both = (action: (receiver: Receiver) => void) => {
    action(manager);
    action(observer);
  };
  beat();
  for (let i = 0; i < 3; i++) {
    both((receiver) => receiver.stop());
    beat();
    beat();
    both((receiver) => receiver.removeFile());
    beat();
    both((receiver) => receiver.start());
    beat();
    both((receiver) => receiver.restart());
    beat();
  }
  assertEquals(outcomes, expected);
  assertEquals(manager.receiveTexts(), ["WATCHDOG=1"]);
});

Deno.test("SystemdWatchdog.beat() replaces a socket that is full", () => {
  using manager = new Manager();
  using _environment = setWatchdog();
  using watchdog = connect();
  while (watchdog.beat(Status.Ok).kind === "sent");
  // The old receiver hangs, and a new one has its path.
  manager.removeFile();
  using successor = new Receiver(manager.name);

  assertEquals(watchdog.beat(Status.Ok), { kind: "sent" });

  assertEquals(successor.receiveTexts(), ["WATCHDOG=1"]);
});

Deno.test("startHeartbeat() feeds an agent and a SystemdWatchdog", () => {
  using manager = new Manager();
  using observer = new TestObserver();
  using _environment = setWatchdog();
  using watchdog = connect();
  using agent = Varta.connect(observer.path);
  let checks = 0;
  const results: [CheckResult, string, Status][] = [
    [{ status: Status.Ok, payload: 17 }, "WATCHDOG=1", Status.Ok],
    [Status.Degraded, "WATCHDOG=1", Status.Degraded],
    [Status.Critical, "WATCHDOG=trigger", Status.Critical],
    [{ status: Status.Ok, payload: -1 }, "WATCHDOG=1", Status.Degraded],
  ];
  for (const [i, [result, text, status]] of results.entries()) {
    using heartbeat = startHeartbeat([agent, watchdog], {
      interval: watchdog.interval,
      check() {
        checks++;
        return result;
      },
    });
    assertEquals(checks, i + 1);
    assertEquals(heartbeat.counters.sent, 2);
    assertEquals(manager.receiveTexts(), [text]);
    assertEquals(observer.receiveAll().map((frame) => frame.status), [status]);
  }
});

Deno.test("SystemdWatchdog.close() ends the pings", () => {
  using manager = new Manager();
  using _environment = setWatchdog();
  const before = openDescriptors();
  const watchdog = connect();
  watchdog.close();
  watchdog.close();
  assertEquals(openDescriptors(), before);

  for (const [status, payload] of [[Status.Ok, 0], ...invalidInput]) {
    assertStrictEquals(
      watchdog.beat(status as Status, payload as number),
      classifySendError(EBADF),
    );
  }
  assertEquals(manager.receiveTexts(), []);
});

Deno.test("SystemdWatchdog is closed at the end of its block", () => {
  using _manager = new Manager();
  using _environment = setWatchdog();
  let outer;
  {
    using watchdog = connect();
    outer = watchdog;
  }
  assertStrictEquals(outer.beat(Status.Ok), classifySendError(EBADF));
});

Deno.test("SystemdWatchdog.close() leaves notify() and others at work", () => {
  using manager = new Manager();
  using _environment = setWatchdog();
  using watchdog = connect();
  connect().close();
  assertEquals(watchdog.beat(Status.Ok), { kind: "sent" });
  connect().close();
  assertEquals(notify({ stopping: true }), true);
  assertEquals(manager.receiveTexts(), ["WATCHDOG=1", "STOPPING=1"]);
});

testUnless(
  canTrace() && !isEmulated ? undefined : "strace cannot be run here",
  "SystemdWatchdog.beat() makes one system call",
  async () => {
    const pings = await traceProgram(
      import.meta.resolve("./programs/trace_pings.ts"),
      ["100"],
      // So that V8 compiles in the main thread, without system calls.
      ["--v8-flags=--single-threaded"],
    );
    assert(pings !== undefined);
    assertEquals(pings.length, 100, pings.join("\n"));
    for (const ping of pings) {
      assertStringIncludes(
        ping,
        '"WATCHDOG=1", 10, MSG_NOSIGNAL, NULL, 0) = 10',
      );
    }
  },
);

testUnless(
  isEmulated ? "V8 compiles too late in an emulator" : undefined,
  "SystemdWatchdog.beat() allocates nothing",
  async () => {
    const program = import.meta.resolve("./programs/ping_garbage.ts");
    const flags = ["--allow-all"];
    type Result = { rounds: number; sent: number; least: number };
    const { rounds, sent, least } = await resultOf<Result>(program, [], flags);
    assertEquals(sent, 2 * rounds);
    assertGreaterOrEqual(HEAP_QUERY_COST, least);
    // Garbage would show.
    const garbage = await resultOf<Result>(program, ["garbage"], flags);
    assertGreaterOrEqual(garbage.least, 5);
  },
);
