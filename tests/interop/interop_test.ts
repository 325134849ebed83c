import { assert, assertEquals } from "@std/assert";
import { DatagramSocket } from "../../ffi/datagram_socket.ts";
import { unixAddress } from "../../ffi/socket_address.ts";
import { encodeFrame, FRAME_LENGTH, Status, Varta } from "../../mod.ts";
import { messageOf } from "../support/message.ts";
import { hasProgram } from "../support/process.ts";
import { createRandom } from "../support/random.ts";
import { absent, testEachRelease } from "./each_release.ts";
import { delay } from "./eventually.ts";
import {
  AUTH_FAILURES,
  BAD_VERSION,
  beatsOf,
  IO_ERRORS,
  stallsOf,
  statusOf,
} from "./metrics.ts";
import { isSupported, reasonForAbsence, RELEASES } from "./releases.ts";
import { Sender } from "./sender.ts";
import { VartaWatch, withoutTime } from "./varta_watch.ts";

const { pid } = Deno;
const statuses = [Status.Ok, Status.Degraded, Status.Critical];

if (absent.length > 0) {
  const numbers = absent.map(({ number }) => number).join(" and ");
  console.log(
    `tests/interop: varta-watch ${numbers} left out, since ${reasonForAbsence()}`,
  );
}

Deno.test({
  name: "findBinary() finds each observer in CI, where cargo can build it",
  ignore: !isSupported || !Deno.env.get("CI") || !hasProgram("cargo"),
  fn() {
    assertEquals(absent, [], reasonForAbsence());
  },
});

testEachRelease(
  (observer) => `Varta.beat() sends 1,000 beats, and ${observer} has each`,
  async (release, folder) => {
    const { version } = release;
    await using observer = await VartaWatch.start(release, folder);
    using agent = Varta.connect(observer.path, { version });
    const sender = new Sender(agent);
    const random = createRandom(version);
    const widest = 2n ** (version === 1 ? 64n : 32n) - 1n;
    const edges = [0, 1, widest >> 1n, widest];
    for (let i = 0; i < 999; i++) {
      await sender.send(statuses[random() % 3], edges[i] ?? random());
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
  (observer) =>
    `Varta.beat() keeps ${observer} from reporting a stall, until it stops`,
  async (release, folder) => {
    const threshold = 300;
    await using observer = await VartaWatch.start(release, folder, threshold);
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
    // Under load the beats may be held up for so long that there are more than
    // these two. None may come without such a silence.
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
  (observer) =>
    `Varta.beat() sends the wrong version, which ${observer} rejects`,
  async (release, folder) => {
    await using observer = await VartaWatch.start(release, folder);
    const version = release.version === 1 ? 2 : 1;
    using stranger = Varta.connect(observer.path, { version });
    const outcomes = statuses.map((status) => stranger.beat(status).kind);
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
  (observer) =>
    `Varta.beat() sends the pid that the kernel attests to ${observer}`,
  async (release, folder) => {
    await using observer = await VartaWatch.start(release, folder);
    using agent = Varta.connect(observer.path, release);
    const sender = new Sender(agent);
    await sender.send(Status.Critical);
    const socket = DatagramSocket.connect(unixAddress(observer.path));
    assert(socket instanceof DatagramSocket);
    const words = new Uint32Array(FRAME_LENGTH / 4);
    encodeFrame({
      version: release.version,
      status: Status.Ok,
      pid: observer.pid,
      timestamp: 0n,
      nonce: 1n,
      payload: 0n,
    }, new Uint8Array(words.buffer));
    assertEquals(
      socket.send(messageOf(words), BigInt(FRAME_LENGTH)),
      FRAME_LENGTH,
    );
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
    // 0.1.0 attests on Linux alone.
    releases: RELEASES.filter(({ version }) =>
      version > 1 || Deno.build.os === "linux"
    ),
  },
);
