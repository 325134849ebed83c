import { assert, assertEquals } from "@std/assert";
import { DatagramSocket } from "../../ffi/datagram_socket.ts";
import { inetAddress } from "../../ffi/socket_address.ts";
import { type SecureUdpKey, Status, Varta } from "../../mod.ts";
import { toHex } from "../support/frames.ts";
import { messageOf } from "../support/message.ts";
import type { TestFolder } from "../support/observer.ts";
import { createRandom } from "../support/random.ts";
import { canSeal } from "../support/sealing.ts";
import { hasIpv6, UdpObserver } from "../support/udp_observer.ts";
import { type ReleaseOptions, testEachRelease } from "./each_release.ts";
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
import { VartaWatch, withoutTime } from "./varta_watch.ts";

const { pid } = Deno;
const statuses = [Status.Ok, Status.Degraded, Status.Critical];
const BEATS = 500;
/** What a receive buffer holds on any system: UDP loses what does not fit. */
const BATCH = 100;

const SHARED: SecureUdpKey = { key: randomKey() };
const MASTER: SecureUdpKey = { masterKey: randomKey() };

function randomKey(): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(32));
}

/** The flags by which an observer opens what is sealed, or takes it plain. */
function flagsFor(key: SecureUdpKey | undefined, folder: TestFolder): string[] {
  if (key === undefined) return ["--i-accept-plaintext-udp"];
  const file = folder.file("key");
  Deno.writeTextFileSync(file, toHex(key.key ?? key.masterKey), {
    mode: 0o600,
  });
  return [key.key ? "--key-file" : "--master-key-file", file];
}

/** Starts an observer on a port of its own, and tells its address. */
async function start(
  release: Release,
  folder: TestFolder,
  hostname: string,
  key?: SecureUdpKey,
): Promise<{ observer: VartaWatch; hostname: string; port: number }> {
  const { port, stop } = freePort(hostname);
  stop();
  const observer = await VartaWatch.start(release, folder, undefined, [
    // It waits that long at its Unix socket between one datagram and the next.
    "--read-timeout-ms",
    "10",
    "--udp-bind-addr",
    hostname,
    "--udp-port",
    `${port}`,
    ...flagsFor(key, folder),
  ]);
  return { observer, hostname, port };
}

function freePort(hostname: string) {
  const observer = new UdpObserver(hostname);
  return { port: observer.port, stop: () => observer.stop() };
}

/** The releases that have UDP, where it is possible to seal, and to use IPv6. */
function optionsFor(hostname: string, key?: SecureUdpKey): ReleaseOptions {
  return {
    releases: RELEASES.filter(({ hasUdp }) => hasUdp),
    ignore: key !== undefined && !canSeal || hostname === "::1" && !hasIpv6,
  };
}

const transports: [name: string, hostname: string, key?: SecureUdpKey][] = [
  ["over UDP", "127.0.0.1"],
  ["over secure UDP with a shared key", "127.0.0.1", SHARED],
  ["over secure UDP with a master key", "127.0.0.1", MASTER],
  ["over secure UDP and IPv6 with a master key", "::1", MASTER],
];

for (const [name, hostname, key] of transports) {
  testEachRelease(
    (observer) =>
      `Varta.beat() sends ${BEATS} beats ${name}, and ${observer} has each`,
    async (release, folder) => {
      const started = await start(release, folder, hostname, key);
      await using observer = started.observer;
      using agent = key === undefined
        ? Varta.connectUdp(started)
        : Varta.connectSecureUdp(started, key);
      const sender = new Sender(agent);
      const random = createRandom(BEATS);
      for (let beats = 0; beats < BEATS; beats += BATCH) {
        for (let i = 0; i < BATCH; i++) {
          await sender.send(statuses[random() % 3], random());
        }
        await observer.assertMetrics({ [beatsOf(pid)]: beats + BATCH });
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
      `${observer} counts what is forged, replayed or tampered with ${name}`,
    async (release, folder) => {
      const started = await start(release, folder, hostname, key);
      await using observer = started.observer;
      // Between the agent and the observer, as whoever listens on the way.
      using tap = new UdpObserver(hostname);
      using agent = Varta.connectSecureUdp(tap.address, key);
      const socket = DatagramSocket.connect(
        inetAddress(hostname, started.port),
      );
      assert(socket instanceof DatagramSocket);
      const forward = (bytes: Uint8Array) => {
        const words = new Uint32Array(bytes.slice().buffer);
        const sent = socket.send(messageOf(words), BigInt(bytes.length));
        assertEquals(sent, bytes.length);
      };
      agent.beat(Status.Ok);
      const first = tap.receiveBytes()!;
      agent.beat(Status.Degraded);
      const second = tap.receiveBytes()!;

      forward(first);
      await observer.assertMetrics({
        [beatsOf(pid)]: 1,
        [DECRYPT_FAILURES]: 0,
      });
      forward(first);
      await observer.assertMetrics({
        [beatsOf(pid)]: 1,
        [DECRYPT_FAILURES]: 1,
      });
      // One bit of each part: the pid where there is one, iv_random,
      // iv_counter, ciphertext, tag.
      const ivBegin = second.length - 60;
      const parts = [ivBegin, ivBegin + 8, ivBegin + 12, ivBegin + 44];
      if (ivBegin > 0) parts.push(0);
      for (const offset of parts) {
        const tampered = second.slice();
        tampered[offset] ^= 1;
        forward(tampered);
      }
      await observer.assertMetrics({
        [beatsOf(pid)]: 1,
        [DECRYPT_FAILURES]: 1 + parts.length,
      });
      const isMaster = key.key === undefined;
      const wrong = randomKey();
      using stranger = Varta.connectSecureUdp(
        started,
        isMaster ? { masterKey: wrong } : { key: wrong },
      );
      assertEquals(stranger.beat(Status.Critical), { kind: "sent" });
      await observer.assertMetrics({
        [beatsOf(pid)]: 1,
        [DECRYPT_FAILURES]: 2 + parts.length,
        [TRUNCATED]: 0,
      });
      // None of it has kept out what was sealed.
      forward(second);
      await observer.assertMetrics({
        [beatsOf(pid)]: 2,
        [statusOf(pid)]: Status.Degraded,
        [DECRYPT_FAILURES]: 2 + parts.length,
      });
      socket.close();
    },
    optionsFor(hostname, key),
  );
}
