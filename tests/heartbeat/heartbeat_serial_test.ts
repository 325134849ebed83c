import {
  assert,
  assertEquals,
  assertGreaterOrEqual,
  assertInstanceOf,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import {
  type BeatOutcome,
  type BeatSender,
  type CheckResult,
  type Heartbeat,
  type HeartbeatOptions,
  startHeartbeat,
  Status,
  Varta,
} from "../../mod.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { TestObserver } from "../support/observer.ts";
import { end, runProgram } from "../support/process.ts";
import { createRandom } from "../support/random.ts";
import { TestFolder } from "../support/test_folder.ts";
import { exists, until } from "../support/until.ts";

const INTERVAL = 1_000;
const SENT: BeatOutcome = { kind: "sent" };
const NO_DROPS = {
  "kernel-queue-full": 0,
  "no-observer": 0,
  "peer-gone": 0,
  "storage-full": 0,
  "out-of-memory": 0,
};

/** A heartbeat with a clock that the test advances. */
class Fixture implements Disposable {
  readonly clock = new FakeClock();
  readonly observer = new TestObserver();
  readonly agent: Varta;
  readonly heartbeat: Heartbeat;
  /** The arguments of each call of `onOutcome`. */
  readonly calls: [kind: string, error: unknown][] = [];

  constructor(options: Partial<HeartbeatOptions> = {}, reconnectAfter = 0) {
    this.agent = Varta.connect(this.observer.path, { reconnectAfter });
    this.heartbeat = startHeartbeat(this.agent, {
      interval: INTERVAL,
      onOutcome: ({ kind }, error) => void this.calls.push([kind, error]),
      ...options,
    });
  }

  /** The statuses received since the last call. */
  statuses(): Status[] {
    return this.observer.receiveAll().map(({ status }) => status);
  }

  [Symbol.dispose](): void {
    this.heartbeat.stop();
    this.agent.close();
    this.observer[Symbol.dispose]();
    this.clock[Symbol.dispose]();
  }
}

/** A sender that keeps the statuses of its beats. */
class RecordingSender implements BeatSender {
  readonly statuses: Status[] = [];
  outcome: BeatOutcome = SENT;
  reconnects = 0;

  beat(status: Status): BeatOutcome {
    this.statuses.push(status);
    return this.outcome;
  }
}

/** Calls a function, and returns what it prints by `console.error`. */
async function printedBy(fn: () => Promise<void>): Promise<unknown[][]> {
  const printed: unknown[][] = [];
  const { error } = console;
  console.error = (...args) => void printed.push(args);
  try {
    await fn();
  } finally {
    console.error = error;
  }
  return printed;
}

Deno.test("startHeartbeat() beats at once, and then at every interval", async () => {
  using fixture = new Fixture();
  const { clock, observer, heartbeat } = fixture;
  assertEquals(fixture.statuses(), [Status.Ok]);
  for (let n = 2; n <= 6; n++) {
    await clock.pass(INTERVAL - 1);
    assertEquals(observer.receive(), undefined);
    await clock.pass(1);
    assertEquals(observer.receive()?.nonce, BigInt(n));
  }
  assertEquals(heartbeat.counters.sent, 6);
  assertEquals(heartbeat.counters.late, 0);
});

Deno.test("startHeartbeat() does not delay later beats after a late one", async () => {
  using fixture = new Fixture();
  const { clock } = fixture;
  for (let n = 1; n <= 3; n++) {
    clock.block(70);
    await clock.pass(INTERVAL); // at n * INTERVAL + 70
    assertEquals(fixture.heartbeat.counters.lag, 70);
    await clock.pass(INTERVAL - 71);
    assertEquals(fixture.statuses().length, n === 1 ? 2 : 1);
    await clock.pass(1);
    assertEquals(fixture.statuses().length, 1);
    assertEquals(fixture.heartbeat.counters.lag, 0);
  }
});

Deno.test("startHeartbeat() skips the beats that it missed", async () => {
  using fixture = new Fixture();
  const { clock } = fixture;
  fixture.statuses();
  clock.block(4.5 * INTERVAL);
  await clock.pass(INTERVAL); // at 5.5 intervals
  assertEquals(fixture.statuses(), [Status.Degraded]);
  assertEquals(fixture.heartbeat.counters.late, 1);
  assertEquals(fixture.heartbeat.counters.lag, 4.5 * INTERVAL);
  await clock.pass(INTERVAL / 2 - 1);
  assertEquals(fixture.statuses(), []);
  await clock.pass(1);
  assertEquals(fixture.statuses(), [Status.Ok]);
  await clock.pass(INTERVAL);
  assertEquals(fixture.statuses(), [Status.Ok]);
});

Deno.test("startHeartbeat() sends the result of a synchronous check", async () => {
  const results: CheckResult[] = [
    Status.Degraded,
    { status: Status.Critical, payload: 7 },
    { status: Status.Ok },
    { status: Status.Degraded, payload: 2n ** 40n },
  ];
  const count = results.length;
  using fixture = new Fixture({ check: () => results.shift()! });
  for (let i = 1; i < count; i++) await fixture.clock.pass(INTERVAL);
  const frames = fixture.observer.receiveAll();
  assertEquals(
    frames.map(({ status, payload }) => [status, payload]),
    [[1, 0n], [2, 7n], [0, 0n], [1, 2n ** 40n]],
  );
  assertEquals(fixture.calls, Array(count).fill(["sent", undefined]));
});

Deno.test("startHeartbeat() sends Degraded if the check throws or rejects", async () => {
  const error = new Error("no database");
  const checks = [
    () => {
      throw error;
    },
    () => Promise.reject(error),
    () => Status.Ok,
  ];
  using fixture = new Fixture({ check: () => checks.shift()!() });
  await fixture.clock.pass(INTERVAL);
  await fixture.clock.pass(INTERVAL);
  assertEquals(fixture.statuses(), [
    Status.Degraded,
    Status.Degraded,
    Status.Ok,
  ]);
  assertEquals(fixture.calls, [
    ["sent", error],
    ["sent", error],
    ["sent", undefined],
  ]);
});

Deno.test("startHeartbeat() sends Degraded if the check returns nonsense", async () => {
  const results = [
    ...[3, -1, "ok", undefined, null, {}],
    { status: 0, payload: -1 },
    {
      get status(): never {
        throw new Error("no status");
      },
    },
  ];
  const count = results.length;
  using fixture = new Fixture({ check: () => results.shift() as never });
  for (let i = 1; i < count; i++) await fixture.clock.pass(INTERVAL);
  assertEquals(fixture.statuses(), Array(count).fill(Status.Degraded));
  for (const [kind, error] of fixture.calls) {
    assertEquals(kind, "sent");
    assertInstanceOf(error, Error);
  }
});

Deno.test("startHeartbeat() beats at every interval, however long checks take", async () => {
  const random = createRandom(23);
  const durations: (number | "random")[] = [
    ...[0, 0.5, 0.9, 1.1, 1.5, 1.9, 2.5, 3.5, 50],
    "random",
  ];
  using clock = new FakeClock();
  const heartbeats = durations.map((duration) => {
    const starts: number[] = [];
    const times: number[] = [];
    const check = () => {
      starts.push(clock.now);
      const intervals = duration === "random" ? random() % 50 / 10 : duration;
      return new Promise<Status>((resolve) =>
        setTimeout(resolve, intervals * INTERVAL, Status.Ok)
      );
    };
    const beat = () => {
      times.push(clock.now);
      return SENT;
    };
    const heartbeat = startHeartbeat({ beat }, { interval: INTERVAL, check });
    return { duration, starts, times, heartbeat };
  });
  for (let i = 0; i < 600; i++) await clock.pass(INTERVAL / 10);

  for (const { duration, starts, times, heartbeat } of heartbeats) {
    for (let n = 1; n <= 60; n++) {
      assert(times.includes(n * INTERVAL), `no beat ${n} for ${duration}`);
    }
    // A check starts at an interval, and not before the last one has settled.
    for (const [i, start] of starts.entries()) {
      assertEquals(start % INTERVAL, 0);
      if (i === 0 || duration === "random") continue;
      const apart = (start - starts[i - 1]) / INTERVAL;
      assertEquals(apart, Math.floor(duration) + 1);
    }
    heartbeat.stop();
  }
});

/** A heartbeat whose checks the test settles. */
class AsyncFixture extends Fixture {
  readonly checks: PromiseWithResolvers<CheckResult>[];

  constructor(options: Partial<HeartbeatOptions> = {}) {
    const checks: PromiseWithResolvers<CheckResult>[] = [];
    super({
      check: () => {
        checks.push(Promise.withResolvers());
        return checks.at(-1)!.promise;
      },
      ...options,
    });
    this.checks = checks;
  }

  /** Settles the last check, and returns the statuses that this sends. */
  async settle(result: CheckResult | Error): Promise<Status[]> {
    const { resolve, reject } = this.checks.at(-1)!;
    if (result instanceof Error) reject(result);
    else resolve(result);
    await this.clock.pass(0);
    return this.statuses();
  }

  /** Passes some time, and returns the statuses that are sent then. */
  async pass(intervals = 1): Promise<Status[]> {
    await this.clock.pass(intervals * INTERVAL);
    return this.statuses();
  }
}

Deno.test("startHeartbeat() waits an interval at most for the first check", async () => {
  using fixture = new AsyncFixture();
  assertEquals(fixture.statuses(), []);
  assertEquals(await fixture.pass(0.5), []);
  assertEquals(await fixture.settle(Status.Ok), [Status.Ok]);
  assertEquals(await fixture.pass(0.5), [Status.Ok]);
});

Deno.test("startHeartbeat() begins with Degraded if the first check is slow", async () => {
  using slow = new AsyncFixture();
  assertEquals(await slow.pass(0.999), []);
  assertEquals(await slow.pass(0.001), [Status.Degraded]);
  assertEquals(await slow.settle(Status.Ok), [Status.Ok]);
});

Deno.test("startHeartbeat() sends the last result while the next check runs", async () => {
  using fixture = new AsyncFixture();
  const { observer, checks, calls } = fixture;
  const payloads = () => observer.receiveAll().map(({ payload }) => payload);
  checks[0].resolve({ status: Status.Ok, payload: 7 });
  await fixture.clock.pass(INTERVAL);
  assertEquals(checks.length, 2);
  assertEquals(payloads(), [7n, 7n]);
  checks[1].resolve({ status: Status.Ok, payload: 8n });
  await fixture.clock.pass(INTERVAL - 1);
  assertEquals(payloads(), []); // with the same status, it waits
  await fixture.clock.pass(1);
  assertEquals(payloads(), [8n]);
  assertEquals(calls, Array(3).fill(["sent", undefined]));
});

Deno.test("startHeartbeat() sends at once if a check changes the status", async () => {
  const error = new Error("no database");
  using fixture = new AsyncFixture();
  assertEquals(await fixture.settle(Status.Ok), [Status.Ok]);
  const results: [result: CheckResult | Error, sent: Status[]][] = [
    [Status.Critical, [Status.Critical]],
    [Status.Critical, []],
    [{ status: Status.Ok, payload: 1 }, [Status.Ok]],
    [error, [Status.Degraded]],
    [7 as Status, []], // is Degraded too
    [Status.Ok, [Status.Ok]],
  ];
  let last: Status = Status.Ok;
  for (const [result, sent] of results) {
    assertEquals(await fixture.pass(), [last]);
    assertEquals(await fixture.settle(result), sent);
    last = sent[0] ?? last;
  }
  const errors = fixture.calls.map(([, error]) => error);
  // Of the rejection, at once and at the next interval, and of the nonsense.
  assertEquals(errors.filter((error) => error !== undefined).length, 3);
  assertEquals(errors.filter((other) => other === error).length, 2);
});

Deno.test("startHeartbeat() sends Ok after a beat that was too late", async () => {
  using fixture = new AsyncFixture({ maxLag: 50 });
  await fixture.settle(Status.Ok);
  fixture.clock.block(51);
  assertEquals(await fixture.pass(), [Status.Degraded]);
  assertEquals(await fixture.settle(Status.Ok), [Status.Ok]);
});

Deno.test("startHeartbeat() sends Degraded while an earlier check runs", async () => {
  using fixture = new AsyncFixture();
  const { checks, calls } = fixture;
  await fixture.settle(Status.Ok);
  assertEquals(await fixture.pass(), [Status.Ok]); // starts the second
  for (let i = 0; i < 3; i++) {
    assertEquals(await fixture.pass(), [Status.Degraded]);
    const [kind, error] = calls.at(-1)!;
    assertEquals(kind, "sent");
    assertEquals((error as DOMException).name, "TimeoutError");
  }
  assertEquals(checks.length, 2);
  assertEquals(await fixture.settle(Status.Ok), [Status.Ok]);
  assertEquals(await fixture.pass(), [Status.Ok]);
  assertEquals(checks.length, 3);
});

for (const checkTimeout of [300, 1_000, 2_500]) {
  Deno.test(`startHeartbeat() sends Critical after a checkTimeout of ${checkTimeout}`, async () => {
    using fixture = new AsyncFixture({ checkTimeout });
    const { clock, calls } = fixture;
    await clock.pass(checkTimeout - 1);
    const intervals = Math.floor((checkTimeout - 1) / INTERVAL);
    assertEquals(fixture.statuses(), Array(intervals).fill(Status.Degraded));
    await clock.pass(1);
    assertEquals(fixture.statuses().at(-1), Status.Critical);
    const [kind, error] = calls.at(-1)!;
    assertEquals(kind, "sent");
    assertEquals((error as DOMException).name, "TimeoutError");
    // Until it settles.
    for (let i = 0; i < 3; i++) {
      assertEquals(await fixture.pass(), [Status.Critical]);
      assertStrictEquals(calls.at(-1)![1], error);
    }
    assertEquals(await fixture.settle(Status.Ok), [Status.Ok]);
    assertEquals(fixture.checks.length, 1);
    await clock.pass(INTERVAL - clock.now % INTERVAL);
    assertEquals(fixture.checks.length, 2);
    assertEquals(fixture.statuses(), [Status.Ok]);
    // The next one has as much time.
    await clock.pass(checkTimeout - 1);
    assertEquals(fixture.statuses(), Array(intervals).fill(Status.Degraded));
    await clock.pass(1);
    assertEquals(fixture.statuses().at(-1), Status.Critical);
  });
}

Deno.test("startHeartbeat() sends no Critical if checks take less than checkTimeout", async () => {
  using fixture = new AsyncFixture({ checkTimeout: 700 });
  for (let i = 0; i < 5; i++) {
    await fixture.pass(0.6);
    await fixture.settle(Status.Ok);
    await fixture.pass(0.4);
  }
  assertEquals(fixture.calls, Array(6).fill(["sent", undefined]));
  assertEquals(fixture.checks.length, 6);
});

Deno.test("startHeartbeat() gives a check the time that the event loop was blocked", async () => {
  using fixture = new AsyncFixture({ checkTimeout: 300 });
  const { clock } = fixture;
  clock.block(200);
  await clock.pass(300); // the timer is 200 late
  await clock.pass(199);
  assertEquals(fixture.statuses(), []);
  await clock.pass(1);
  assertEquals(fixture.statuses(), [Status.Critical]);
});

Deno.test("startHeartbeat() gives a check such time only once", async () => {
  using fixture = new AsyncFixture({ checkTimeout: 300 });
  const { clock } = fixture;
  clock.block(200);
  await clock.pass(300);
  clock.block(200);
  await clock.pass(200);
  assertEquals(fixture.statuses(), [Status.Critical]);
});

Deno.test("startHeartbeat() sends at least Degraded if it is too late", async () => {
  let status: Status = Status.Ok;
  using fixture = new Fixture({ maxLag: 50, check: () => status });
  const { clock, heartbeat } = fixture;
  const cases: [lag: number, checked: Status, sent: Status][] = [
    [50, Status.Ok, Status.Ok],
    [51, Status.Ok, Status.Degraded],
    [51, Status.Degraded, Status.Degraded],
    [51, Status.Critical, Status.Critical],
  ];
  for (const [lag, checked, sent] of cases) {
    status = checked;
    fixture.statuses();
    clock.block(lag);
    await clock.pass(INTERVAL);
    assertEquals(heartbeat.counters.lag, lag);
    assertEquals(fixture.statuses(), [sent]);
    await clock.pass(INTERVAL - lag); // the next beat is on time
    assertEquals(heartbeat.counters.lag, 0);
  }
  assertEquals(heartbeat.counters.late, 3);
});

Deno.test("startHeartbeat() beats with each agent, and checks once per interval", async () => {
  let checks = 0;
  const check = () => {
    checks++;
    return { status: Status.Ok, payload: 2 ** 40 };
  };
  using clock = new FakeClock();
  using observer = new TestObserver();
  using first = Varta.connect(observer.path);
  // The payload does not fit into version 2.
  using second = Varta.connect(observer.path, { version: 2 });
  const third = new RecordingSender();
  third.outcome = {
    kind: "dropped",
    reason: "peer-gone",
    errno: 107,
    code: "ENOTCONN",
  };
  const codes: unknown[] = [];
  using heartbeat = startHeartbeat([first, second, third], {
    interval: INTERVAL,
    check,
    onOutcome: ({ kind }, error) =>
      codes.push([kind, (error as { code?: string })?.code]),
  });
  await clock.pass(INTERVAL);
  assertEquals(checks, 2);
  assertEquals<unknown>(
    observer.receiveAll().map(({ version, nonce, status, payload }) => [
      ...[version, nonce, status, payload],
    ]),
    [1n, 2n].flatMap((nonce) => [
      [1, nonce, Status.Ok, 2n ** 40n],
      [2, nonce, Status.Degraded, 0n],
    ]),
  );
  assertEquals(third.statuses, [Status.Ok, Status.Ok]);
  assertEquals(
    codes.slice(0, 3),
    [["sent", undefined], ["sent", "EINVAL"], ["dropped", undefined]],
  );
  assertEquals(codes.slice(3), codes.slice(0, 3));
  assertEquals(heartbeat.counters.sent, 4);
  assertEquals(heartbeat.counters.dropped["peer-gone"], 2);
});

Deno.test("startHeartbeat() keeps the array of agents as it was at the call", async () => {
  using clock = new FakeClock();
  const [first, second] = [new RecordingSender(), new RecordingSender()];
  const agents = [first, first];
  using _heartbeat = startHeartbeat(agents, { interval: INTERVAL });
  agents.splice(0, 2, second);
  await clock.pass(INTERVAL);
  assertEquals([first.statuses.length, second.statuses.length], [4, 0]);
});

Deno.test("startHeartbeat() counts a beat that throws as failed", async () => {
  const error = new Error("not connected");
  const results = [
    () => {
      throw error;
    },
    () => Promise.reject(error),
    () => undefined,
    () => ({ kind: "dropped", reason: "bad weather" }),
    () => ({ kind: "toString" }),
  ];
  const count = results.length;
  const good = new RecordingSender();
  let calls = 0;
  const printed = await printedBy(async () => {
    using clock = new FakeClock();
    using heartbeat = startHeartbeat(
      [{ beat: () => results.shift()!() as never }, good],
      { interval: INTERVAL, onOutcome: () => void calls++ },
    );
    for (let i = 1; i < count; i++) await clock.pass(INTERVAL);
    assertEquals(heartbeat.counters.failed, count);
    assertEquals(heartbeat.counters.sent, count);
    assertEquals(heartbeat.counters.dropped, NO_DROPS);
  });
  assertEquals(good.statuses.length, count);
  assertEquals(calls, count); // for the good agent
  assertEquals(printed, [["Error 1 in beat() of a heartbeat:", error]]);
});

Deno.test("startHeartbeat() reads each option once", async () => {
  const reads: Record<string, number> = {};
  const { signal } = new AbortController();
  const values: HeartbeatOptions = {
    interval: INTERVAL,
    check: () => Status.Degraded,
    signal,
    maxLag: 1,
    checkTimeout: 1,
    onOutcome: () => {},
    ref: true,
  };
  /** Has each value at the first read, and a bad one after it. */
  class Changing {}
  for (const [name, value] of Object.entries(values)) {
    Object.defineProperty(Changing.prototype, name, {
      get: () => (reads[name] = (reads[name] ?? 0) + 1) === 1 ? value : 0,
    });
  }
  for (
    const options of [
      new Changing(),
      Object.create(new Changing()),
      Object.freeze(Object.create(values)),
    ]
  ) {
    for (const name in values) reads[name] = 0;
    using clock = new FakeClock();
    const agent = new RecordingSender();
    using _heartbeat = startHeartbeat(agent, options);
    await clock.pass(INTERVAL);
    await clock.pass(INTERVAL);
    assertEquals(agent.statuses, Array(3).fill(Status.Degraded));
    if (options instanceof Changing) {
      for (const name in values) assertEquals(reads[name], 1, name);
    }
  }
});

Deno.test("startHeartbeat() calls the methods of its options on them", async () => {
  class Options implements HeartbeatOptions {
    readonly interval = INTERVAL;
    readonly #kinds: string[] = [];
    #status: Status = Status.Critical;

    check(): Status {
      return this.#status;
    }
    onOutcome({ kind }: BeatOutcome): void {
      this.#kinds.push(kind);
    }
    get kinds(): readonly string[] {
      return this.#kinds;
    }
  }
  using clock = new FakeClock();
  const agent = new RecordingSender();
  const options = new Options();
  using _heartbeat = startHeartbeat(agent, options);
  await clock.pass(INTERVAL);
  assertEquals(agent.statuses, [Status.Critical, Status.Critical]);
  assertEquals(options.kinds, ["sent", "sent"]);
});

Deno.test("Heartbeat.counters counts drops, failures and reconnects", async () => {
  using fixture = new Fixture({}, 2);
  const { clock, agent, observer, heartbeat } = fixture;
  const { counters } = heartbeat;
  observer.stop();
  await clock.pass(INTERVAL); // ECONNREFUSED
  await clock.pass(INTERVAL); // ENOTCONN, and there is no observer to reconnect to
  assertEquals(counters.dropped["no-observer"], 1);
  assertEquals(counters.dropped["peer-gone"], 1);
  assertEquals(counters.reconnects, 0);
  observer.start();
  await clock.pass(INTERVAL);
  assertEquals(counters.sent, 2);
  assertEquals(counters.reconnects, 1);
  agent.close();
  await clock.pass(INTERVAL);
  assertEquals(counters.failed, 1);
  assertStrictEquals(heartbeat.counters, counters);
});

Deno.test("Heartbeat.counters counts the reconnects since the heartbeat began", () => {
  using fixture = new Fixture();
  const { agent } = fixture;
  agent.reconnect();
  const other = new RecordingSender();
  other.reconnects = 5;
  const third = { beat: () => SENT }; // has no reconnects
  using second = startHeartbeat([agent, other, third, agent], {
    interval: INTERVAL,
  });
  assertEquals(fixture.heartbeat.counters.reconnects, 1);
  assertEquals(second.counters.reconnects, 0);
  agent.reconnect();
  other.reconnects += 2;
  assertEquals(second.counters.reconnects, 3);
});

Deno.test("Heartbeat.counters shows all in JSON, spread and console.log", () => {
  using fixture = new Fixture();
  const { counters } = fixture.heartbeat;
  fixture.agent.reconnect();
  const expected = {
    sent: 1,
    dropped: NO_DROPS,
    failed: 0,
    reconnects: 1,
    late: 0,
    lag: 0,
  };
  assertEquals(JSON.parse(JSON.stringify(counters)), expected);
  assertEquals({ ...counters }, expected);
  assertEquals(structuredClone(counters), expected);
  assertEquals(Deno.inspect(counters), Deno.inspect(expected));
  assertEquals(
    Deno.inspect({ counters }, { compact: false }),
    Deno.inspect({ counters: expected }, { compact: false }),
  );
});

Deno.test("startHeartbeat() works with a polluted Object.prototype", () => {
  const names = ["get", "set", "value", "status", "payload", "then"];
  for (const name of names) Reflect.set(Object.prototype, name, 7);
  try {
    const agent = new RecordingSender();
    using _heartbeat = startHeartbeat(agent, { interval: INTERVAL });
    assertEquals(agent.statuses, [Status.Ok]);
  } finally {
    for (const name of names) Reflect.deleteProperty(Object.prototype, name);
  }
});

const endings: [string, (fixture: Fixture, abort: () => void) => void][] = [
  ["stop()", ({ heartbeat }) => heartbeat.stop()],
  ["[Symbol.dispose]()", ({ heartbeat }) => heartbeat[Symbol.dispose]()],
  ["its signal", (_, abort) => abort()],
];
for (const [name, end] of endings) {
  Deno.test(`Heartbeat is stopped by ${name}, also twice`, async () => {
    const controller = new AbortController();
    using fixture = new Fixture({ signal: controller.signal });
    for (let i = 0; i < 2; i++) {
      end(fixture, () => controller.abort());
      await fixture.clock.pass(3 * INTERVAL);
    }
    assertEquals(fixture.statuses(), [Status.Ok]);
    assertEquals(fixture.agent.beat(Status.Ok), { kind: "sent" });
  });
}

Deno.test("Heartbeat sends nothing if it is stopped while a check runs", async () => {
  const check = Promise.withResolvers<Status>();
  using fixture = new Fixture({ check: () => check.promise });
  fixture.heartbeat.stop();
  check.resolve(Status.Ok);
  await fixture.clock.pass(INTERVAL);
  assertEquals(fixture.statuses(), []);
  assertEquals(fixture.calls, []);
});

Deno.test("Heartbeat beats with no other agent if onOutcome stops it", () => {
  const controller = new AbortController();
  const agents = [new RecordingSender(), new RecordingSender()];
  using _heartbeat = startHeartbeat(agents, {
    interval: INTERVAL,
    signal: controller.signal,
    onOutcome: () => controller.abort(),
  });
  assertEquals(agents.map(({ statuses }) => statuses.length), [1, 0]);
});

/** Counts the timers that are set, until the end of the block. */
class TimerCounter implements Disposable {
  readonly #timers = new Set<unknown>();
  readonly #originals = {
    setTimeout: globalThis.setTimeout,
    clearTimeout: globalThis.clearTimeout,
  };

  constructor() {
    const { setTimeout, clearTimeout } = this.#originals;
    Object.assign(globalThis, {
      setTimeout: (...args: Parameters<typeof setTimeout>) => {
        const id = setTimeout(...args);
        this.#timers.add(id);
        return id;
      },
      clearTimeout: (id: number) => {
        this.#timers.delete(id);
        clearTimeout(id);
      },
    });
  }

  get size(): number {
    return this.#timers.size;
  }

  [Symbol.dispose](): void {
    Object.assign(globalThis, this.#originals);
  }
}

Deno.test("Heartbeat.stop() clears its timers, also of a check that calls it", () => {
  using _clock = new FakeClock();
  using timers = new TimerCounter();
  const check = () => new Promise<never>(() => {});
  const options = { interval: INTERVAL, checkTimeout: 300, ref: true };
  const heartbeat = startHeartbeat(new RecordingSender(), {
    ...options,
    check,
  });
  assertEquals(timers.size, 2);
  heartbeat.stop();
  assertEquals(timers.size, 0);

  const controller = new AbortController();
  startHeartbeat(new RecordingSender(), {
    ...options,
    signal: controller.signal,
    check() {
      controller.abort();
      return check();
    },
  });
  assertEquals(timers.size, 0);
});

Deno.test("Heartbeat.stop() is final if its timers cannot be cleared", async () => {
  let checks = 0;
  const slow = new Promise<never>(() => {});
  for (const result of [Status.Ok, slow]) {
    using fixture = new Fixture({
      check: () => {
        checks++;
        return result;
      },
      checkTimeout: 300,
    });
    fixture.statuses();
    const { clearTimeout } = globalThis;
    globalThis.clearTimeout = () => {};
    try {
      fixture.heartbeat.stop();
    } finally {
      globalThis.clearTimeout = clearTimeout;
    }
    for (let i = 0; i < 3; i++) await fixture.clock.pass(INTERVAL);
    assertEquals(fixture.statuses(), []);
  }
  assertEquals(checks, 2);
});

Deno.test("Heartbeat stops if another listener stops the event of its signal", async () => {
  const controller = new AbortController();
  controller.signal.addEventListener(
    "abort",
    (event) => event.stopImmediatePropagation(),
  );
  using fixture = new AsyncFixture({ signal: controller.signal });
  controller.abort();
  assertEquals(await fixture.settle(Status.Ok), []);
  assertEquals(await fixture.pass(3), []);
  assertEquals(fixture.checks.length, 1);
});

Deno.test("startHeartbeat() never beats if its signal is already aborted", async () => {
  using fixture = new Fixture({ signal: AbortSignal.abort() });
  await fixture.clock.pass(3 * INTERVAL);
  assertEquals(fixture.statuses(), []);
});

Deno.test("Heartbeat.stop() removes the listener of the signal", () => {
  const { signal } = new AbortController();
  const listeners = new Set<unknown>();
  const { addEventListener, removeEventListener } = signal;
  Object.assign(signal, {
    addEventListener(...args: Parameters<typeof addEventListener>) {
      listeners.add(args[1]);
      addEventListener.apply(signal, args);
    },
    removeEventListener(...args: Parameters<typeof removeEventListener>) {
      listeners.delete(args[1]);
      removeEventListener.apply(signal, args);
    },
  });
  using fixture = new Fixture({ signal });
  assertEquals(listeners.size, 1);
  fixture.heartbeat.stop();
  assertEquals(listeners.size, 0);
});

Deno.test("startHeartbeat() prints few of the errors that onOutcome causes", async () => {
  const error = new Error("no log");
  const callbacks = [
    () => {
      throw error;
    },
    () => Promise.reject(error),
  ];
  for (const onOutcome of callbacks) {
    const printed = await printedBy(async () => {
      using clock = new FakeClock();
      const agents = Array(25).fill(new RecordingSender());
      using heartbeat = startHeartbeat(agents, {
        interval: INTERVAL,
        onOutcome,
      });
      for (let i = 1; i < 10; i++) await clock.pass(INTERVAL);
      assertEquals(heartbeat.counters.sent, 250);
    });
    assertEquals(
      printed,
      [1, 10, 100].map((n) => [
        `Error ${n} in onOutcome() of a heartbeat:`,
        error,
      ]),
    );
  }
});

Deno.test("startHeartbeat() goes on if its errors on stderr are not read", async () => {
  using folder = new TestFolder();
  const file = folder.file("beats");
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--no-check", "--no-config", `--allow-write=${file}`],
      import.meta.resolve("./programs/unread_errors.ts"),
      file,
    ],
    stdin: "null",
    stderr: "piped",
  }).spawn();
  try {
    await until("it has beaten 20,000 times", () => exists(file));
  } finally {
    await end(child);
    await child.stderr.cancel();
  }
});

for (
  const stderr of [
    "with stderr",
    "without stderr",
    "with a console that rejects",
  ]
) {
  Deno.test(`startHeartbeat() goes on whatever a callback does, ${stderr}`, async () => {
    const program = import.meta.resolve("./programs/bad_callbacks.ts");
    const result = await runProgram(program, [stderr]);
    assertEquals(result.code, 33, result.stderr);
  });
}

Deno.test("startHeartbeat() throws if an option is invalid, and never beats", () => {
  const agent = new RecordingSender();
  const interval = INTERVAL;
  const invalid: [unknown, typeof TypeError | typeof RangeError, string][] = [
    [undefined, TypeError, "options"],
    [null, TypeError, "options"],
    [{}, TypeError, "interval"],
    [{ interval: "1000" }, TypeError, "interval"],
    [{ interval: 0 }, RangeError, "interval"],
    [{ interval: 0.5 }, RangeError, "interval"],
    [{ interval: NaN }, RangeError, "interval"],
    [{ interval: Infinity }, RangeError, "interval"],
    [{ interval: 2 ** 31 - 0.5 }, RangeError, "interval"],
    [{ interval, checkTimeout: "1000" }, TypeError, "checkTimeout"],
    [{ interval, checkTimeout: null }, TypeError, "checkTimeout"],
    [{ interval, checkTimeout: 0.5 }, RangeError, "checkTimeout"],
    [{ interval, checkTimeout: 2 ** 31 - 0.5 }, RangeError, "checkTimeout"],
    [{ interval, checkTimeout: NaN }, RangeError, "checkTimeout"],
    [{ interval, maxLag: "1" }, TypeError, "maxLag"],
    [{ interval, maxLag: null }, TypeError, "maxLag"],
    [{ interval, maxLag: -1 }, RangeError, "maxLag"],
    [{ interval, maxLag: NaN }, RangeError, "maxLag"],
    [{ interval, check: Status.Ok }, TypeError, "check"],
    [{ interval, check: null }, TypeError, "check"],
    [{ interval, onOutcome: {} }, TypeError, "onOutcome"],
    [{ interval, signal: new AbortController() }, TypeError, "signal"],
    [{ interval, ref: 1 }, TypeError, "ref"],
  ];
  for (const [options, ErrorClass, name] of invalid) {
    assertThrows(
      () => startHeartbeat(agent, options as HeartbeatOptions),
      ErrorClass,
      `Cannot start heartbeat: ${name} must be `,
    );
  }
  assertEquals(agent.statuses, []);
});

Deno.test("startHeartbeat() takes the least and the greatest of each number", async () => {
  const max = 2 ** 31 - 1;
  const cases: HeartbeatOptions[] = [
    { interval: 1, maxLag: 0, checkTimeout: 1 },
    { interval: max, maxLag: Infinity, checkTimeout: max },
  ];
  for (const options of cases) {
    using clock = new FakeClock();
    const agent = new RecordingSender();
    using heartbeat = startHeartbeat(agent, options);
    clock.block(options.interval); // as late as an interval
    await clock.pass(options.interval);
    const isLate = options.maxLag === 0;
    const second = isLate ? Status.Degraded : Status.Ok;
    assertEquals(agent.statuses, [Status.Ok, second]);
    assertEquals(heartbeat.counters.late, Number(isLate));
  }
});

Deno.test("startHeartbeat() throws TypeError if an agent cannot beat", () => {
  const agent = new RecordingSender();
  for (
    const agents of [
      ...[undefined, null, 7, "beat", {}, { beat: 1 }, new Set([agent])],
      ...[[], [agent, {}], [agent, undefined], [[agent]], Array(1)],
    ]
  ) {
    assertThrows(
      () => startHeartbeat(agents as never, { interval: INTERVAL }),
      TypeError,
      "Cannot start heartbeat: agents must ",
    );
  }
  assertEquals(agent.statuses, []);
});

Deno.test("startHeartbeat() keeps the process alive only with ref", async () => {
  using observer = new TestObserver();
  const program = import.meta.resolve("./programs/alive.ts");
  const run = (ref: boolean, interval: number, check = "none") =>
    runProgram(program, [observer.path, `${interval}`, `${ref}`, check], [
      "--allow-ffi",
    ]);
  assertEquals((await run(false, 10_000)).code, 0);
  assertEquals((await run(false, 10_000, "stuck")).code, 0);
  assertEquals((await run(true, 10)).code, 33);
});

Deno.test("startHeartbeat() reports a blocked event loop, in real time", async () => {
  using observer = new TestObserver();
  using agent = Varta.connect(observer.path);
  const late = Promise.withResolvers<void>();
  let outcomes = 0;
  using heartbeat = startHeartbeat(agent, {
    interval: 20,
    maxLag: 100,
    ref: true,
    onOutcome: () => {
      if (++outcomes === 2) late.resolve();
    },
  });
  const begin = performance.now();
  while (performance.now() - begin < 300);
  const nonces = observer.receiveAll().map(({ nonce }) => nonce);
  assertEquals(nonces, [1n]); // nothing while the loop is blocked
  await late.promise;

  const frame = observer.receive();
  assertEquals(frame?.status, Status.Degraded);
  assertEquals(frame?.nonce, 2n);
  assertGreaterOrEqual(heartbeat.counters.lag, 270);
  assert(heartbeat.counters.late >= 1);
});

Deno.test("startHeartbeat() goes on if performance.now() goes back", async () => {
  using fixture = new Fixture();
  fixture.clock.block(-5_000);
  for (let i = 0; i < 3; i++) await fixture.clock.pass(INTERVAL);
  assertGreaterOrEqual(fixture.statuses().length, 3);
});
