import { assertEquals } from "@std/assert";
import { DatagramSocket } from "../../ffi/datagram_socket.ts";
import { inetAddress } from "../../ffi/socket_address.ts";
import { type SecureUdpKey, Status, Varta } from "../../mod.ts";
import { toHex } from "../support/frames.ts";
import { messageOf } from "../support/message.ts";
import { createRandom } from "../support/random.ts";
import { canSeal } from "../support/sealing.ts";
import type { TestFolder } from "../support/test_folder.ts";
import { hasIpv6, UdpObserver } from "../support/udp_observer.ts";
import {
  AUTH_FAILURES,
  BAD_VERSION,
  beatsOf,
  DECRYPT_FAILURES,
  IO_ERRORS,
  statusOf,
  TRUNCATED,
} from "./metrics.ts";
import { type Release, RELEASES } from "./releases.ts";
import { Sender } from "./sender.ts";
import { type ReleaseOptions, testEachRelease } from "./test_each_release.ts";
import { VartaWatch, withoutTime } from "./varta_watch.ts";

const { pid } = Deno;
const STATUSES = [Status.Ok, Status.Degraded, Status.Critical];
const BEATS = 200;
/** So many fit into a receive buffer on any system: UDP loses the others. */
const BATCH = 100;

const SHARED: SecureUdpKey = { key: randomKey() };
const MASTER: SecureUdpKey = { masterKey: randomKey() };

function randomKey(): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(32));
}

/** The flags with which an observer accepts datagrams of this key, or of none. */
function flagsFor(key: SecureUdpKey | undefined, folder: TestFolder): string[] {
  if (key === undefined) return ["--i-accept-plaintext-udp"];
  const file = folder.file("key");
  Deno.writeTextFileSync(file, toHex(key.key ?? key.masterKey), {
    mode: 0o600,
  });
  return [key.key ? "--key-file" : "--master-key-file", file];
}

/** Starts an observer that also receives at a UDP port. */
async function start(
  release: Release,
  folder: TestFolder,
  hostname: string,
  key?: SecureUdpKey,
): Promise<{ observer: VartaWatch; hostname: string; port: number }> {
  const port = freePort(hostname);
  const observer = await VartaWatch.start(release, folder, {
    flags: [
      // After each datagram it waits so long at its Unix socket.
      ...["--read-timeout-ms", "1"],
      ...["--udp-bind-addr", hostname, "--udp-port", `${port}`],
      ...flagsFor(key, folder),
    ],
  });
  return { observer, hostname, port };
}

function freePort(hostname: string): number {
  using observer = new UdpObserver(hostname);
  return observer.port;
}

/** The releases that have UDP, and why this system cannot use it, if so. */
function optionsFor(hostname: string, key?: SecureUdpKey): ReleaseOptions {
  const releases = RELEASES.filter(({ version }) => version === 2);
  if (key !== undefined && !canSeal) {
    return { releases, reason: "secure UDP needs Deno 2.7.10" };
  }
  return hostname === "::1" && !hasIpv6
    ? { releases, reason: "there is no IPv6" }
    : { releases };
}

const transports: [name: string, hostname: string, key?: SecureUdpKey][] = [
  ["over UDP", "127.0.0.1"],
  ["over UDP with a key", "127.0.0.1", SHARED],
  ["over UDP with a master key", "127.0.0.1", MASTER],
  ["over IPv6 with a master key", "::1", MASTER],
];

for (const [name, hostname, key] of transports) {
  testEachRelease(
    (observer) => `Varta.beat() sends ${BEATS} beats ${name} to ${observer}`,
    async (release, folder) => {
      const started = await start(release, folder, hostname, key);
      await using observer = started.observer;
      using agent = key === undefined
        ? Varta.connectUdp(started)
        : Varta.connectSecureUdp(started, key);
      const sender = new Sender(agent);
      const random = createRandom(BEATS);
      for (let i = 0; i < BEATS; i++) {
        if (i === BATCH) await observer.assertBeats(pid, BATCH);
        await sender.send(STATUSES[random() % 3], random());
      }

      await observer.assertMetrics({
        [beatsOf(pid)]: BEATS,
        [AUTH_FAILURES]: 0,
        [BAD_VERSION]: 0,
        [DECRYPT_FAILURES]: 0,
        [IO_ERRORS]: 0,
        [TRUNCATED]: 0,
      });
      const rows = withoutTime(await observer.exportedRows());
      assertEquals(rows, sender.sent);
    },
    optionsFor(hostname, key),
  );
}

for (const [name, hostname, key] of transports) {
  if (key === undefined || hostname === "::1") continue;
  testEachRelease(
    (observer) =>
      `${observer} rejects forged, replayed and changed beats ${name}`,
    async (release, folder) => {
      const started = await start(release, folder, hostname, key);
      await using observer = started.observer;
      // The agent sends to this, and the test decides what the observer gets.
      using tap = new UdpObserver(hostname);
      using agent = Varta.connectSecureUdp(tap.address, key);
      const address = inetAddress(hostname, started.port);
      const socket = new DatagramSocket(address);
      const forward = (bytes: Uint8Array) => {
        assertEquals(socket.send(messageOf(bytes)), undefined);
      };
      agent.beat(Status.Ok);
      const first = tap.receiveBytes()!;
      agent.beat(Status.Degraded);
      const second = tap.receiveBytes()!;

      forward(first);
      forward(first);
      await observer.assertMetrics({
        [beatsOf(pid)]: 1,
        [DECRYPT_FAILURES]: 1,
      });
      // One bit of each part: iv_random, iv_counter, ciphertext, tag, and with
      // a master key the pid.
      const ivBegin = second.length - 60;
      const parts = [ivBegin, ivBegin + 8, ivBegin + 12, ivBegin + 44];
      if (ivBegin > 0) parts.push(0);
      for (const offset of parts) {
        const changed = second.slice();
        changed[offset] ^= 1;
        forward(changed);
      }
      const isMaster = key.key === undefined;
      const wrong = randomKey();
      using stranger = Varta.connectSecureUdp(
        started,
        isMaster ? { masterKey: wrong } : { key: wrong },
      );
      assertEquals(stranger.beat(Status.Critical), { kind: "sent" });
      // The rejected datagrams do not affect an honest one.
      forward(second);
      await observer.assertMetrics({
        [beatsOf(pid)]: 2,
        [statusOf(pid)]: Status.Degraded,
        [DECRYPT_FAILURES]: 2 + parts.length,
        [TRUNCATED]: 0,
      });
      socket.close();
    },
    optionsFor(hostname, key),
  );
}
