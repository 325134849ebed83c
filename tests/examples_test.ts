import { assert, assertEquals } from "@std/assert";
import { TestFolder, TestObserver } from "./support/observer.ts";
import { isEmulated, MODULE } from "./support/process.ts";
import { canSeal, openSealed } from "./support/sealing.ts";
import { UdpObserver } from "./support/udp_observer.ts";

// `deno test --doc` runs the other examples; these are the README's, and those
// that cannot be run so.
const ROOT = new URL("../", import.meta.url);
const OBSERVER_MODULE = new URL("src/observer/mod.ts", ROOT).href;
const SOCKET = "/run/varta.sock";
const ADDRESS = "127.0.0.1:9000";
const KEY_FILE = "/etc/varta/key";

/** The examples of a file that `deno test --doc` leaves out, in order. */
function examplesOf(path: string): string[] {
  const text = Deno.readTextFileSync(new URL(path, ROOT));
  const examples = text.matchAll(/^( \* | {3}\* )?```ts ignore\n(.*?)```/gms);
  return Array.from(
    examples,
    ([_, indent = "", code]) =>
      code.split("\n").map((line) => line.slice(indent.length)).join("\n"),
  );
}

function connectingExamples(): [path: string, code: string][] {
  const sources = Array.from(Deno.readDirSync(new URL("src", ROOT)))
    .filter(({ isFile }) => isFile).map(({ name }) => `src/${name}`).sort();
  return ["README.md", "mod.ts", ...sources].flatMap((path) =>
    examplesOf(path).map((code): [string, string] => [path, code])
  );
}

/**
 * Runs an example, type-checked. An emulator takes minutes for a check that has
 * the same result on each processor.
 */
function start(
  code: string,
  folder: TestFolder,
  flags: string[] = [],
): Deno.ChildProcess {
  const main = folder.file("main.ts");
  Deno.writeTextFileSync(main, code);
  Deno.writeTextFileSync(
    folder.file("deno.json"),
    JSON.stringify({
      imports: {
        "jsr:@varta/client": MODULE,
        "jsr:@varta/client/observer": OBSERVER_MODULE,
        "@varta/client": MODULE,
      },
    }),
  );
  const check = isEmulated ? "--no-check" : "--check";
  return new Deno.Command(Deno.execPath(), {
    args: ["run", check, "--allow-ffi", ...flags, main],
    cwd: folder.path,
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** What an example had to complain about. */
function complaintOf({ stderr }: Deno.CommandOutput): string {
  const said = new TextDecoder().decode(stderr);
  return said.replace(/^(Check|Warning|Listening).*\n/gm, "");
}

/** Runs an example with an observer of its own to its end. */
async function assertObserves(code: string) {
  using folder = new TestFolder();
  const path = folder.file("socket");
  const output = await start(code.replaceAll(SOCKET, path), folder).output();
  assertEquals(complaintOf(output), "");
  assert(output.success);
}

/** Runs an example until its first beat or its end. */
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
  // A key comes out of a file, and a server is one of a network: an agent itself
  // has no need of either.
  const flags = [
    ...code.includes(KEY_FILE) ? ["--allow-read"] : [],
    ...code.includes("Deno.serve") ? ["--allow-net"] : [],
  ];
  const child = start(
    code.replaceAll(SOCKET, observer.path)
      .replaceAll(ADDRESS, udpObserver.address)
      .replaceAll(KEY_FILE, keyFile)
      .replaceAll("port: 8000", "port: 0"),
    folder,
    flags,
  );
  const end = child.output();
  let ended = false;
  end.then(() => ended = true);
  let frame = receive();
  while (frame === undefined && !ended) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    frame = receive();
  }
  if (!ended) child.kill("SIGKILL");
  const complaint = complaintOf(await end);
  assert(frame !== undefined, complaint);
  assertEquals(frame.nonce, 1n);
  assertEquals(complaint, "");
}

for (const [i, [path, code]] of connectingExamples().entries()) {
  Deno.test({
    name: `${path} has an example that beats as it stands (${i + 1})`,
    ignore: code.includes("connectSecureUdp") && !canSeal,
    fn: () =>
      code.includes("Observer.bind(")
        ? assertObserves(code)
        : assertBeats(code),
  });
}

Deno.test("README.md has examples, of three lines and of a server", () => {
  const [first, second] = examplesOf("README.md");
  assertEquals(first.trimEnd().split("\n").length, 3);
  assert(second.includes("Deno.serve("));
});
