import { assertEquals } from "@std/assert";
import { Status, Varta } from "../../mod.ts";
import { testEachRelease } from "./each_release.ts";
import { beatsOf, statusOf } from "./metrics.ts";
import { Sender, wordFor } from "./sender.ts";
import { VartaWatch, withoutTime } from "./varta_watch.ts";

const { pid } = Deno;
const statuses = [Status.Ok, Status.Degraded, Status.Critical];

testEachRelease(
  (observer) =>
    `Varta.beat() finds a restarted ${observer} at the third drop with reconnectAfter = 3`,
  async (release, folder) => {
    await using killed = await VartaWatch.start(release, folder);
    const { version } = release;
    using agent = Varta.connect(killed.path, { version, reconnectAfter: 3 });
    const sender = new Sender(agent);
    for (let i = 0; i < 10; i++) await sender.send(Status.Ok);
    await killed.assertMetrics({ [beatsOf(pid)]: 10 });
    await killed.kill();
    await using observer = await VartaWatch.start(release, folder);

    const outcomes = statuses.map((status) => wordFor(sender.beat(status)));
    assertEquals(outcomes, ["no-observer", "peer-gone", "sent"]);
    for (let i = 0; i < 9; i++) await sender.send(Status.Ok);
    await observer.assertMetrics({ [beatsOf(pid)]: 10 });
    const rows = withoutTime(await observer.exportedRows());
    assertEquals(rows, sender.sent.slice(10));
    assertEquals(rows[0].status, "critical");
  },
);

testEachRelease(
  (observer) =>
    `Varta.beat() drops while ${observer} is away, and sends once it is back`,
  async (release, folder) => {
    await using killed = await VartaWatch.start(release, folder);
    const { version } = release;
    using agent = Varta.connect(killed.path, { version, reconnectAfter: 2 });
    const sender = new Sender(agent);
    for (let i = 0; i < 10; i++) await sender.send(Status.Ok);
    await killed.assertMetrics({ [beatsOf(pid)]: 10 });
    await killed.kill();

    const away = statuses.map((status) => wordFor(sender.beat(status)));
    assertEquals(away, ["no-observer", "peer-gone", "peer-gone"]);
    const returning = sender.beatUntilSent(Status.Ok);
    await using observer = await VartaWatch.start(release, folder);
    const outcomes = await returning;
    assertEquals(outcomes.pop(), "sent");
    assertEquals(outcomes, outcomes.map(() => "peer-gone"));
    for (let i = 0; i < 9; i++) await sender.send(Status.Ok);
    await sender.send(Status.Degraded);

    // An observer binds its socket first, and asks the kernel for the senders'
    // pids then: what comes in between is sent, and refused. So the first row
    // need not be a beat.
    await observer.assertMetrics({ [statusOf(pid)]: Status.Degraded });
    const rows = withoutTime(await observer.exportedRows());
    assertEquals(rows.slice(-10), sender.sent.slice(-10));
    assertEquals(rows.length, 11);
  },
);
