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
  type CheckResult,
  type Heartbeat,
  type HeartbeatOptions,
  startHeartbeat,
  Status,
  Varta,
} from "../../mod.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { TestObserver } from "../support/observer.ts";
import { MODULE, runDeno } from "../support/process.ts";

const INTERVAL = 1_000;

/** A heartbeat under a clock that the test moves. */
class Fixture implements Disposable {
  readonly clock = new FakeClock();
  readonly observer = new TestObserver();
  readonly agent: Varta;
  readonly heartbeat: Heartbeat;
  /** What `onOutcome` was told. */
  readonly told: [kind: string, error: unknown][] = [];

  constructor(options: Partial<HeartbeatOptions> = {}, reconnectAfter = 0) {
    this.agent = Varta.connect(this.observer.path, { reconnectAfter });
    this.heartbeat = startHeartbeat(this.agent, {
      interval: INTERVAL,
      onOutcome: ({ kind }, error) => void this.told.push([kind, error]),
      ...options,
    });
  }

  /** The statuses that came since the last call. */
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

Deno.test("startHeartbeat() beats at once, and then every interval", async () => {
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

Deno.test("startHeartbeat() does not drift: a late beat does not move those behind it", async () => {
  using fixture = new Fixture();
  const { clock } = fixture;
  for (let n = 1; n <= 3; n++) {
    clock.block(70);
    await clock.pass(INTERVAL); // comes 70 ms late, n * INTERVAL + 70
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
  await clock.pass(INTERVAL); // now at 5.5 intervals
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

Deno.test("startHeartbeat() beats what the check says, or promises", async () => {
  const results: (CheckResult | Promise<CheckResult>)[] = [
    Status.Degraded,
    { status: Status.Critical, payload: 7 },
    { status: Status.Ok },
    Promise.resolve(Status.Critical),
    Promise.resolve({ status: Status.Degraded, payload: 2n ** 40n }),
  ];
  const count = results.length;
  using fixture = new Fixture({ check: () => results.shift()! });
  for (let i = 1; i < count; i++) await fixture.clock.pass(INTERVAL);
  const said = fixture.observer.receiveAll();
  assertEquals(
    said.map(({ status, payload }) => [status, payload]),
    [[1, 0n], [2, 7n], [0, 0n], [2, 0n], [1, 2n ** 40n]],
  );
  assertEquals(fixture.told.length, said.length);
  for (const told of fixture.told) assertEquals(told, ["sent", undefined]);
});

Deno.test("startHeartbeat() beats Degraded, reports the error and goes on where the check throws or rejects", async () => {
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
  assertEquals(fixture.told.map(([kind]) => kind), ["sent", "sent", "sent"]);
  assertEquals(fixture.told.map(([_, error]) => error), [
    error,
    error,
    undefined,
  ]);
});

Deno.test("startHeartbeat() beats Degraded, and reports it, where the check says what no beat can carry", async () => {
  const results = [3, -1, "ok", undefined, null, { status: 0, payload: -1 }];
  const count = results.length;
  using fixture = new Fixture({ check: () => results.shift() as never });
  for (let i = 1; i < count; i++) await fixture.clock.pass(INTERVAL);
  assertEquals(fixture.statuses(), Array(count).fill(Status.Degraded));
  for (const [kind, error] of fixture.told) {
    assertEquals(kind, "sent");
    assertInstanceOf(error, Error);
  }
});

Deno.test("startHeartbeat() beats Degraded while a check takes longer than an interval, and begins no other", async () => {
  const checks: PromiseWithResolvers<Status>[] = [];
  using fixture = new Fixture({
    check: () => {
      checks.push(Promise.withResolvers());
      return checks.at(-1)!.promise;
    },
  });
  const { clock } = fixture;
  assertEquals(fixture.statuses(), []);
  await clock.pass(INTERVAL);
  await clock.pass(INTERVAL);
  assertEquals(fixture.statuses(), [Status.Degraded, Status.Degraded]);
  assertEquals(checks.length, 1);
  for (const [kind, error] of fixture.told) {
    assertEquals(kind, "sent");
    assertEquals((error as DOMException).name, "TimeoutError");
  }

  checks[0].resolve(Status.Ok); // too late to be said
  await clock.pass(INTERVAL - 1);
  assertEquals(fixture.statuses(), []);
  await clock.pass(1);
  assertEquals(checks.length, 2);
  checks[1].resolve(Status.Critical);
  await clock.pass(0);
  assertEquals(fixture.statuses(), [Status.Critical]);
});

Deno.test("startHeartbeat() beats at least Degraded where the timer is later than maxLag", async () => {
  let status: Status = Status.Ok;
  using fixture = new Fixture({ maxLag: 50, check: () => status });
  const { clock, heartbeat } = fixture;
  const cases: [lag: number, checked: Status, said: Status][] = [
    [50, Status.Ok, Status.Ok],
    [51, Status.Ok, Status.Degraded],
    [51, Status.Degraded, Status.Degraded],
    [51, Status.Critical, Status.Critical],
  ];
  for (const [lag, checked, said] of cases) {
    status = checked;
    fixture.statuses();
    clock.block(lag);
    await clock.pass(INTERVAL);
    assertEquals(heartbeat.counters.lag, lag);
    assertEquals(fixture.statuses(), [said]);
    await clock.pass(INTERVAL - lag); // the next beat is in time again
    assertEquals(heartbeat.counters.lag, 0);
  }
  assertEquals(heartbeat.counters.late, 3);
});

Deno.test("Heartbeat.counters count drops by reason, failures and reconnects", async () => {
  using fixture = new Fixture({}, 2);
  const { clock, agent, observer, heartbeat } = fixture;
  const { counters } = heartbeat;
  observer.stop();
  await clock.pass(INTERVAL); // ECONNREFUSED
  await clock.pass(INTERVAL); // ENOTCONN, and nobody to reconnect to
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

Deno.test("Heartbeat.counters count the reconnects since it began", () => {
  using fixture = new Fixture();
  fixture.agent.reconnect();
  const second = startHeartbeat(fixture.agent, { interval: INTERVAL });
  assertEquals(fixture.heartbeat.counters.reconnects, 1);
  assertEquals(second.counters.reconnects, 0);
  second.stop();
});

const endings: [string, (fixture: Fixture, abort: () => void) => void][] = [
  ["stop()", ({ heartbeat }) => heartbeat.stop()],
  ["[Symbol.dispose]()", ({ heartbeat }) => heartbeat[Symbol.dispose]()],
  ["its signal", (_, abort) => abort()],
];
for (const [name, end] of endings) {
  Deno.test(`Heartbeat ends by ${name}, once and for all`, async () => {
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

Deno.test("Heartbeat says nothing more where it ends while a check is at work", async () => {
  const check = Promise.withResolvers<Status>();
  using fixture = new Fixture({ check: () => check.promise });
  fixture.heartbeat.stop();
  check.resolve(Status.Ok);
  await fixture.clock.pass(INTERVAL);
  assertEquals(fixture.statuses(), []);
  assertEquals(fixture.told, []);
});

Deno.test("startHeartbeat() never beats where its signal is aborted already", async () => {
  using fixture = new Fixture({ signal: AbortSignal.abort() });
  await fixture.clock.pass(3 * INTERVAL);
  assertEquals(fixture.statuses(), []);
});

Deno.test("startHeartbeat() forgets its signal when it is stopped", () => {
  const { signal } = new AbortController();
  let listeners = 0;
  const { addEventListener, removeEventListener } = signal;
  Object.assign(signal, {
    addEventListener(...args: Parameters<typeof addEventListener>) {
      listeners++;
      addEventListener.apply(signal, args);
    },
    removeEventListener(...args: Parameters<typeof removeEventListener>) {
      listeners--;
      removeEventListener.apply(signal, args);
    },
  });
  using fixture = new Fixture({ signal });
  assertEquals(listeners, 1);
  fixture.heartbeat.stop();
  assertEquals(listeners, 0);
});

Deno.test("startHeartbeat() goes on where onOutcome throws, and says so", async () => {
  const said: unknown[] = [];
  const { error } = console;
  console.error = (...args) => void said.push(args.at(-1));
  try {
    const thrown = new Error("no log");
    using fixture = new Fixture({
      onOutcome: () => {
        throw thrown;
      },
    });
    await fixture.clock.pass(INTERVAL);
    assertEquals(fixture.statuses(), [Status.Ok, Status.Ok]);
    assertEquals(said, [thrown, thrown]);
  } finally {
    console.error = error;
  }
});

Deno.test("startHeartbeat() throws TypeError or RangeError at the call, and never beats", () => {
  using observer = new TestObserver();
  using agent = Varta.connect(observer.path);
  const interval = INTERVAL;
  const wrong: [unknown, typeof TypeError | typeof RangeError][] = [
    [undefined, TypeError],
    [{}, TypeError],
    [{ interval: "1000" }, TypeError],
    [{ interval: 0 }, RangeError],
    [{ interval: 0.5 }, RangeError],
    [{ interval: NaN }, RangeError],
    [{ interval: Infinity }, RangeError],
    [{ interval: 2 ** 31 }, RangeError],
    [{ interval, maxLag: "1" }, TypeError],
    [{ interval, maxLag: -1 }, RangeError],
    [{ interval, maxLag: NaN }, RangeError],
    [{ interval, check: Status.Ok }, TypeError],
    [{ interval, onOutcome: {} }, TypeError],
    [{ interval, signal: new AbortController() }, TypeError],
    [{ interval, ref: 1 }, TypeError],
  ];
  for (const [options, ErrorClass] of wrong) {
    assertThrows(
      () => startHeartbeat(agent, options as HeartbeatOptions),
      ErrorClass,
      "Cannot start heartbeat: ",
    );
  }
  assertThrows(
    () => startHeartbeat({} as Varta, { interval }),
    TypeError,
    "agent must be a Varta",
  );
  assertEquals(observer.receive(), undefined);
});

Deno.test("startHeartbeat() keeps a process alive only where it is told to", async () => {
  using observer = new TestObserver();
  const start = (ref: boolean, interval: number) =>
    runDeno(
      `import { startHeartbeat, Varta } from "${MODULE}";
       const agent = Varta.connect(${JSON.stringify(observer.path)});
       let beats = 0;
       startHeartbeat(agent, {
         interval: ${interval},
         ref: ${ref},
         onOutcome: () => { if (++beats === 3) Deno.exit(33); },
       });`,
      ["--allow-ffi"],
    );
  assertEquals((await start(false, 10_000)).code, 0);
  assertEquals((await start(true, 10)).code, 33);
});

Deno.test("startHeartbeat() tells of an event loop that is blocked, in real time", async () => {
  using observer = new TestObserver();
  using agent = Varta.connect(observer.path);
  const outcomes: BeatOutcome[] = [];
  const late = Promise.withResolvers<void>();
  using heartbeat = startHeartbeat(agent, {
    interval: 20,
    maxLag: 100,
    ref: true,
    onOutcome: (outcome) => {
      outcomes.push(outcome);
      if (outcomes.length === 2) late.resolve();
    },
  });
  const begin = performance.now();
  while (performance.now() - begin < 300);
  const nonces = observer.receiveAll().map(({ nonce }) => nonce);
  assertEquals(nonces, [1n]); // blocked means blocked
  await late.promise;

  const frame = observer.receive();
  assertEquals(frame?.status, Status.Degraded);
  assertEquals(frame?.nonce, 2n);
  assertGreaterOrEqual(heartbeat.counters.lag, 270);
  assert(heartbeat.counters.late >= 1);
});
