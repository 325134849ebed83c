import { assertEquals } from "@std/assert";
import { startHeartbeat, Status, Varta } from "../../mod.ts";
import { TestFolder } from "../support/test_folder.ts";
import { testUnless } from "../support/test_unless.ts";
import { until } from "../support/until.ts";
import { beatsOf, statusOf } from "./metrics.ts";
import { reasonForAbsence, RELEASES } from "./releases.ts";
import { describe, Sender } from "./sender.ts";
import { testEachRelease } from "./test_each_release.ts";
import { VartaWatch, withoutTime } from "./varta_watch.ts";

const { pid } = Deno;
const STATUSES = [Status.Ok, Status.Degraded, Status.Critical];

testEachRelease(
  (observer) =>
    `Varta.beat() reaches a restarted ${observer} at the third drop of three`,
  async (release, folder) => {
    await using killed = await VartaWatch.start(release, folder);
    const { version } = release;
    using agent = Varta.connect(killed.path, { version, reconnectAfter: 3 });
    const sender = new Sender(agent);
    for (let i = 0; i < 10; i++) await sender.send(Status.Ok);
    await killed.assertMetrics({ [beatsOf(pid)]: 10 });
    await killed.kill();
    await using observer = await VartaWatch.start(release, folder);

    const outcomes = STATUSES.map((status) => describe(sender.beat(status)));
    assertEquals(outcomes, ["no-observer", "peer-gone", "sent"]);
    for (let i = 0; i < 9; i++) await sender.send(Status.Ok);
    await observer.assertMetrics({ [beatsOf(pid)]: 10 });
    const rows = withoutTime(await observer.exportedRows());
    assertEquals(rows, sender.sent.slice(10));
    assertEquals(rows[0].status, "critical");
  },
);

testEachRelease(
  (observer) => `Varta.beat() drops until ${observer} is started again`,
  async (release, folder) => {
    await using killed = await VartaWatch.start(release, folder);
    const { version } = release;
    using agent = Varta.connect(killed.path, { version, reconnectAfter: 2 });
    const sender = new Sender(agent);
    for (let i = 0; i < 10; i++) await sender.send(Status.Ok);
    await killed.assertMetrics({ [beatsOf(pid)]: 10 });
    await killed.kill();

    const dropped = STATUSES.map((status) => describe(sender.beat(status)));
    assertEquals(dropped, ["no-observer", "peer-gone", "peer-gone"]);
    const returning = sender.beatUntilSent(Status.Ok);
    await using observer = await VartaWatch.start(release, folder);
    const outcomes = await returning;
    assertEquals(outcomes.pop(), "sent");
    assertEquals(outcomes, outcomes.map(() => "peer-gone"));
    for (let i = 0; i < 9; i++) await sender.send(Status.Ok);
    await sender.send(Status.Degraded);

    // An observer binds its socket before it asks the kernel for pids, and
    // rejects a beat that comes in between. So the first row may not be a beat.
    await observer.assertMetrics({ [statusOf(pid)]: Status.Degraded });
    const rows = withoutTime(await observer.exportedRows());
    assertEquals(rows.slice(-10), sender.sent.slice(-10));
    assertEquals(rows.length, 11);
  },
);

// One test for all releases, so that all wait at the same time.
testUnless(
  RELEASES.map(reasonForAbsence).find((reason) => reason !== undefined),
  "Varta.connect({ lazy: true }) drops 100 beats before each observer starts",
  async () => {
    await Promise.all(RELEASES.map(async (release) => {
      using folder = new TestFolder();
      using agent = Varta.connect(folder.file("observer.sock"), {
        version: release.version,
        nonce: "clock", // both agents are in this process
        lazy: true,
      });
      const outcomes: string[] = [];
      using _heartbeat = startHeartbeat(agent, {
        interval: 20,
        onOutcome: (outcome) => void outcomes.push(describe(outcome)),
      });
      await until("100 beats are dropped", () => outcomes.length >= 100);
      assertEquals(new Set(outcomes), new Set(["no-observer"]));

      await using observer = await VartaWatch.start(release, folder);
      await observer.assertBeats(pid, 10);
      assertEquals(outcomes.at(-1), "sent");
    }));
  },
);
