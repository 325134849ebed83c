import { assert, assertEquals } from "@std/assert";
import { setTimeout as delay } from "node:timers/promises";
import { DatagramSocket } from "../../ffi/datagram_socket.ts";
import { unixAddress } from "../../ffi/socket_address.ts";
import { encodeFrame, FRAME_LENGTH, Status, Varta } from "../../mod.ts";
import { messageOf } from "../support/message.ts";
import { hasProgram } from "../support/process.ts";
import { createRandom } from "../support/random.ts";
import {
  AUTH_FAILURES,
  BAD_VERSION,
  beatsOf,
  IO_ERRORS,
  stallsOf,
  statusOf,
} from "./metrics.ts";
import { findProgram, isSupported, RELEASES } from "./releases.ts";
import { Sender } from "./sender.ts";
import { testEachRelease } from "./test_each_release.ts";
import { VartaWatch, withoutTime } from "./varta_watch.ts";

const { pid } = Deno;
const STATUSES = [Status.Ok, Status.Degraded, Status.Critical];

Deno.test({
  name: "findProgram() finds both observers in CI if cargo can build them",
  ignore: !isSupported || !Deno.env.get("CI") || !hasProgram("cargo"),
  fn() {
    assertEquals(RELEASES.filter((release) => !findProgram(release)), []);
  },
});

testEachRelease(
  (observer) => `Varta.beat() sends 1,000 beats, all counted by ${observer}`,
  async (release, folder) => {
    const { version } = release;
    await using observer = await VartaWatch.start(release, folder);
    using agent = Varta.connect(observer.path, { version });
    const sender = new Sender(agent);
    const random = createRandom(version);
    const maximum = 2n ** (version === 1 ? 64n : 32n) - 1n;
    const payloads = [0, 1, maximum >> 1n, maximum];
    for (let i = 0; i < 999; i++) {
      await sender.send(STATUSES[random() % 3], payloads[i] ?? random());
    }
    await sender.send(Status.Degraded, 1_000);

    await observer.assertMetrics({
      [beatsOf(pid)]: 1_000,
      [statusOf(pid)]: Status.Degraded,
      [stallsOf(pid)]: 0,
      [AUTH_FAILURES]: 0,
      [BAD_VERSION]: 0,
      [IO_ERRORS]: 0,
    });
    const rows = withoutTime(await observer.exportedRows());
    assertEquals(rows.length, 1_000);
    assertEquals(rows, sender.sent);
  },
);

testEachRelease(
  (observer) => `Varta.beat() prevents a stall in ${observer} until it stops`,
  async (release, folder) => {
    const threshold = 300;
    await using observer = await VartaWatch.start(release, folder, {
      threshold,
    });
    using agent = Varta.connect(observer.path, release);
    const sender = new Sender(agent);
    for (const start = Date.now(); Date.now() - start < 3 * threshold;) {
      await sender.send(Status.Ok);
      await delay(20);
    }
    await assertStalled();
    await sender.send(Status.Ok);
    await assertStalled();

    const rows = await observer.exportedRows();
    const beats = rows.filter(({ kind }) => kind === "beat");
    assertEquals(withoutTime(beats), sender.sent);
    const stalls = rows.filter(({ kind }) => kind === "stall");
    assert(stalls.includes(rows.at(-1)!));
    assert(stalls.includes(rows.at(-3)!));
    // On a busy machine the beats may be late, and more stalls reported than
    // these two. But each must follow such a silence.
    for (const stall of stalls) {
      const last = rows[rows.indexOf(stall) - 1];
      assertEquals([last.kind, last.nonce], ["beat", stall.nonce]);
      assert(stall.time - last.time >= threshold * 1_000_000);
    }

    function assertStalled() {
      return observer.assertMetrics({
        [beatsOf(pid)]: sender.sent.length,
        [statusOf(pid)]: Status.Stall,
      });
    }
  },
);

testEachRelease(
  (observer) => `Varta.beat() in the wrong version is rejected by ${observer}`,
  async (release, folder) => {
    await using observer = await VartaWatch.start(release, folder);
    const version = release.version === 1 ? 2 : 1;
    using wrong = Varta.connect(observer.path, { version });
    const outcomes = STATUSES.map((status) => wrong.beat(status).kind);
    assertEquals(outcomes, ["sent", "sent", "sent"]);
    using agent = Varta.connect(observer.path, release);
    const sender = new Sender(agent);
    await sender.send(Status.Ok);

    await observer.assertMetrics({ [beatsOf(pid)]: 1, [BAD_VERSION]: 3 });
    const rows = withoutTime(await observer.exportedRows());
    const rejected = {
      kind: "decode",
      pid: "-",
      nonce: "-",
      status: "-",
      payload: "BadVersion",
    };
    assertEquals(rows, [rejected, rejected, rejected, sender.sent[0]]);
  },
);

testEachRelease(
  (observer) => `Varta.beat() sends the pid that ${observer} gets from Linux`,
  async (release, folder) => {
    await using observer = await VartaWatch.start(release, folder);
    using agent = Varta.connect(observer.path, release);
    const sender = new Sender(agent);
    await sender.send(Status.Critical);
    const socket = new DatagramSocket(unixAddress(observer.path));
    const forged = new Uint8Array(FRAME_LENGTH);
    encodeFrame({
      version: release.version,
      status: Status.Ok,
      pid: observer.pid,
      timestamp: 0n,
      nonce: 1n,
      payload: 0n,
    }, forged);
    assertEquals(socket.send(messageOf(forged)), undefined);
    socket.close();

    await observer.assertMetrics({
      [beatsOf(pid)]: 1,
      [beatsOf(observer.pid)]: undefined,
      [AUTH_FAILURES]: 1,
    });
    const rows = withoutTime(await observer.exportedRows());
    assertEquals(rows, [sender.sent[0], {
      kind: "mismatch",
      pid: `${observer.pid}`,
      nonce: "-",
      status: "-",
      payload: "auth_failure",
    }]);
  },
  {
    reason: Deno.build.os === "linux"
      ? undefined
      : "the observer gets no pid from this system",
  },
);
