import { assert, assertEquals } from "@std/assert";
import { setTimeout as delay } from "node:timers/promises";
import {
  blocksOf,
  checkExamples,
  PAGES,
  startExample,
} from "./support/examples.ts";
import { TestObserver } from "./support/observer.ts";
import { end } from "./support/process.ts";
import { canSeal, openSealed } from "./support/sealing.ts";
import { TestFolder } from "./support/test_folder.ts";
import { testUnless } from "./support/test_unless.ts";
import { UdpObserver } from "./support/udp_observer.ts";

// `deno test --doc` runs the other examples. These connect to fixed addresses,
// which are replaced here. tests/systemd runs those of systemd.
const ROOT = new URL("../", import.meta.url);
const SOCKETS = ["/tmp/varta.sock", "/run/varta/varta.sock"];
const ADDRESS = "127.0.0.1:9000";
const KEY_FILE = "varta.key";

function* sourcesIn(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(new URL(folder, ROOT))) {
    if (isDirectory) yield* sourcesIn(`${folder}${name}/`);
    else yield `${folder}${name}`;
  }
}

/** Asserts that an example with an observer of its own ends and prints. */
async function assertObserves(code: string) {
  using folder = new TestFolder();
  const path = folder.file("socket");
  const child = startExample(code, folder, ["--allow-ffi"], {
    [SOCKETS[0]]: path,
  });
  const { success, stdout, stderr } = await child.output();
  assertEquals(new TextDecoder().decode(stderr), "");
  assert(success);
  assert(stdout.length > 0);
}

/** Asserts that an example sends a beat, and prints no error. */
async function assertBeats(code: string) {
  using folder = new TestFolder();
  using observer = new TestObserver();
  using udpObserver = new UdpObserver();
  const keyFile = folder.file("key");
  const key = new Uint8Array(32).fill(0xa7);
  Deno.writeTextFileSync(keyFile, `${"a7".repeat(32)}\n`);
  const receive = () => {
    const sealed = udpObserver.receiveBytes();
    return sealed ? openSealed(sealed, { key }).frame : observer.receive();
  };
  const flags = [
    "--allow-ffi",
    ...code.includes(KEY_FILE) ? ["--allow-read"] : [],
    ...code.includes("Deno.serve") ? ["--allow-net"] : [],
  ];
  const child = startExample(code, folder, flags, {
    ...Object.fromEntries(SOCKETS.map((path) => [path, observer.path])),
    [ADDRESS]: udpObserver.address,
    [KEY_FILE]: keyFile,
    "port: 8000": "port: 0",
  });
  const output = child.output();
  let hasEnded = false;
  child.status.then(() => hasEnded = true);
  let frame = receive();
  while (frame === undefined && !hasEnded) {
    await delay(10);
    frame = receive();
  }
  await end(child);
  const stderr = new TextDecoder().decode((await output).stderr);
  // Before Deno 2.6, Deno.serve() prints this there.
  assertEquals(stderr.replace(/^Listening on .*\n/gm, ""), "");
  assert(frame !== undefined);
}

const files = ["README.md", ...PAGES, "mod.ts", ...sourcesIn("src/")];
const examples = files.flatMap((path) =>
  blocksOf(path, "ts ignore").map((code, i) => ({ path, code, number: i + 1 }))
);

Deno.test("README.md and the sources have examples whose types are right", async () => {
  using folder = new TestFolder();
  assert(examples.some(({ path }) => path === "README.md"));
  const codes = examples.map(({ code }) => code);
  assertEquals(await checkExamples(codes, folder), "");
});

for (const { path, code, number } of examples) {
  if (code.includes("@varta/client/systemd")) continue;
  testUnless(
    code.includes("connectSecureUdp") && !canSeal
      ? "connectSecureUdp() needs Deno 2.7.10"
      : undefined,
    `${path} has an example that runs (${number})`,
    () =>
      code.includes("Observer.bind(")
        ? assertObserves(code)
        : assertBeats(code),
  );
}
