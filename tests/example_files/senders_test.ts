import { assertEquals, assertStringIncludes } from "@std/assert";
import { DECRYPT_FAILURES } from "../interop/metrics.ts";
import { RELEASES } from "../interop/releases.ts";
import { testEachRelease } from "../interop/test_each_release.ts";
import { VartaWatch } from "../interop/varta_watch.ts";
import { Status, Varta } from "../../mod.ts";
import { ExampleFile } from "../support/example_file.ts";
import { TestObserver } from "../support/observer.ts";
import { canSeal, openSealed, testSealing } from "../support/sealing.ts";
import { TestFolder } from "../support/test_folder.ts";
import { isDenoBefore, testUnless } from "../support/test_unless.ts";
import { UdpObserver } from "../support/udp_observer.ts";
import { until } from "../support/until.ts";

const KEY = "0123456789abcdefABCDEF0123456789".repeat(2);

/** Starts the sealed example with a key file, and beats often. */
function startSealed(folder: TestFolder, address: string, key: string) {
  const file = folder.file("key");
  Deno.writeTextFileSync(file, key, { mode: 0o600 });
  return new ExampleFile("sealed_udp.ts", folder, "", {
    replacements: {
      "varta.key": file,
      "127.0.0.1:9000": address,
      "interval: 1_000": "interval: 20",
    },
  });
}

testSealing("sealed_udp.ts seals with the key of its file", async () => {
  using folder = new TestFolder();
  using observer = new UdpObserver();
  await using example = startSealed(folder, observer.address, `${KEY}\n`);
  const bytes = await until("a beat", () => observer.receiveBytes());
  const key = Uint8Array.from(KEY.match(/../g)!, (hex) => parseInt(hex, 16));
  const { frame } = openSealed(bytes, { key });
  assertEquals([frame.pid, frame.status], [example.pid, Status.Ok]);
});

testSealing("sealed_udp.ts refuses a key that is too short", async () => {
  using folder = new TestFolder();
  await using example = startSealed(folder, "127.0.0.1:9", KEY.slice(1));
  const { code, stderr } = await example.output();
  assertEquals(code, 1);
  assertStringIncludes(stderr, "the file must have 64 hex digits");
});

testEachRelease(
  (observer) => `sealed_udp.ts is counted by ${observer}`,
  async (release, folder) => {
    const port = (() => {
      using observer = new UdpObserver();
      return observer.port;
    })();
    const address = `127.0.0.1:${port}`;
    await using example = startSealed(folder, address, `${KEY}\n`);
    await using observer = await VartaWatch.start(release, folder, {
      flags: [
        ...["--udp-bind-addr", "127.0.0.1", "--udp-port", `${port}`],
        ...["--key-file", folder.file("key"), "--read-timeout-ms", "1"],
      ],
    });
    await observer.assertBeats(example.pid, 2);
    await observer.assertMetrics({ [DECRYPT_FAILURES]: 0 });
  },
  {
    releases: RELEASES.filter(({ version }) => version === 2),
    reason: canSeal ? undefined : "secure UDP needs Deno 2.7.10",
  },
);

const cannotBeUnbound = isDenoBefore("2.8.3")
  ? "Deno.listenDatagram() needs a path before Deno 2.8.3"
  : undefined;

testEachRelease(
  (observer) => `without_ffi.ts is counted after each start of ${observer}`,
  async (release, folder) => {
    const path = folder.file("observer.sock");
    await using example = new ExampleFile("without_ffi.ts", folder, path, {
      replacements: {
        "version: 2": `version: ${release.version}`,
        "ticks(1_000)": "ticks(20)",
      },
    });
    for (let starts = 0; starts < 2; starts++) {
      await using observer = await VartaWatch.start(release, folder);
      await observer.assertBeats(example.pid, 2);
      await observer.terminate();
    }
  },
  { reason: cannotBeUnbound },
);

testUnless(
  cannotBeUnbound,
  "without_ffi.ts waits while the queue of the observer is full",
  async () => {
    using folder = new TestFolder();
    using observer = new TestObserver();
    await using example = new ExampleFile(
      "without_ffi.ts",
      folder,
      observer.path,
      { replacements: { "ticks(1_000)": "ticks(10)" } },
    );
    const first = await until("a beat", () => observer.receive());
    using agent = Varta.connect(observer.path, { version: 2 });
    let drops = 0;
    await until("a full queue", () => {
      drops = agent.beat(Status.Ok).kind === "dropped" ? drops + 1 : 0;
      return drops === 30;
    });
    const nonces: bigint[] = [first.nonce];
    await until("beats after that", () => {
      for (const { pid, nonce } of observer.receiveAll()) {
        if (pid === example.pid) nonces.push(nonce);
      }
      return nonces.length > 30;
    });
    assertEquals(nonces, nonces.map((_, i) => BigInt(i + 1)));
  },
);

testUnless(
  cannotBeUnbound,
  "without_ffi.ts loses the beats of an absent observer, and goes on",
  async () => {
    using folder = new TestFolder();
    using observer = new TestObserver();
    observer.stop();
    await using example = new ExampleFile(
      "without_ffi.ts",
      folder,
      observer.path,
      { replacements: { "ticks(1_000)": "ticks(10)" } },
    );
    await until(
      "ConnectionRefused",
      () => /^The beat is lost: ConnectionRefused/m.test(example.stderr),
    );
    observer.removeFile();
    await until(
      "NotFound",
      () => /^The beat is lost: NotFound/m.test(example.stderr),
    );
    observer.start();
    const frame = await until("a beat", () => observer.receive());
    assertEquals([frame.pid, frame.status], [example.pid, Status.Ok]);
  },
);
