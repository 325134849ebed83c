import { assert, assertEquals, assertMatch } from "@std/assert";
import { fileURLToPath } from "node:url";
import { freePort, noOtherUser, OTHER_UID } from "../interop/varta_watch.ts";
import {
  commandsOf,
  EXAMPLE_FILES,
  ExampleFile,
  FOLDER,
  readExample,
  serveAt,
} from "../support/example_file.ts";
import { checkExamples, replaceIn } from "../support/examples.ts";
import { TestObserver } from "../support/observer.ts";
import { end, isEmulated } from "../support/process.ts";
import { canSeal } from "../support/sealing.ts";
import { TestFolder } from "../support/test_folder.ts";
import { isDenoBefore, testUnless } from "../support/test_unless.ts";
import { UdpObserver } from "../support/udp_observer.ts";
import { until } from "../support/until.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** The examples with a command; the others are Workers of these. */
const PROGRAMS = EXAMPLE_FILES.filter((name) => !name.endsWith("_worker.ts"));

for (const name of EXAMPLE_FILES) {
  Deno.test(`${name} begins with a comment, and has 15 to 60 lines`, () => {
    const text = readExample(name);
    assertMatch(text, /^\/\*\*\n \* [A-Z]/);
    const { length } = text.trimEnd().split("\n");
    assert(length >= 15 && length <= 60, `${length} lines`);
    if (PROGRAMS.includes(name)) {
      assert(commandsOf(name).at(-1)!.endsWith(` ${FOLDER}${name}`));
    }
  });
}

testUnless(
  isDenoBefore("2.9.0")
    ? "Deno has the types of some examples since 2.9"
    : undefined,
  "tests/examples has examples whose types are right",
  async () => {
    using folder = new TestFolder();
    const codes = EXAMPLE_FILES.map(readExample);
    assertEquals(await checkExamples(codes, folder), "");
  },
);

/** Why this Deno cannot run an example, if so. */
const reasons: Record<string, string | undefined> = {
  "open_telemetry.ts": "telemetry" in Deno
    ? undefined
    : "there is no Deno.telemetry before Deno 2.4",
  "sealed_udp.ts": canSeal ? undefined : "secure UDP needs Deno 2.7.10",
  "without_ffi.ts": isDenoBefore("2.8.3")
    ? "Deno.listenDatagram() needs a path before Deno 2.8.3"
    : undefined,
};

/** Copies a checkout that another user can read, with Deno in `bin`. */
function copyCheckout(
  folder: TestFolder,
  replacements: Record<string, string>,
) {
  const copy = (from: string, to = from) =>
    new Deno.Command("cp", {
      args: ["-RL", from.startsWith("/") ? from : ROOT + from, folder.file(to)],
    }).outputSync();
  for (const name of ["bin", "tests", "tests/examples"]) {
    Deno.mkdirSync(folder.file(name));
  }
  for (const name of ["mod.ts", "src", "ffi"]) copy(name);
  copy(Deno.execPath(), "bin/deno");
  const { name, version, exports } = JSON.parse(
    Deno.readTextFileSync(`${ROOT}deno.json`),
  );
  const config = JSON.stringify({ name, version, exports });
  Deno.writeTextFileSync(folder.file("deno.json"), config);
  for (const name of EXAMPLE_FILES) {
    const code = replaceIn(readExample(name), replacements);
    Deno.writeTextFileSync(folder.file(FOLDER + name), code);
  }
}

for (const name of PROGRAMS) {
  // `deno task test` runs this one in the checkout, with its own observer.
  if (name === "service_test.ts") continue;
  testUnless(
    reasons[name] ??
      (isEmulated ? "the emulator does not run a copy of deno" : undefined),
    `${name} runs with its command in a checkout, as an ordinary user`,
    async () => {
      using folder = new TestFolder();
      using observer = new TestObserver(folder.file("varta.sock"));
      using udpObserver = new UdpObserver();
      const replacements = {
        ...serveAt(freePort()),
        "/tmp/varta.sock": observer.path,
        "127.0.0.1:9000": udpObserver.address,
      };
      copyCheckout(folder, replacements);
      let last = commandsOf(name).at(-1)!;
      for (const [text, replacement] of Object.entries(replacements)) {
        last = last.replaceAll(text, () => replacement);
      }
      const script = [...commandsOf(name).slice(0, -1), `exec env ${last}`]
        .join(" && ");
      // Root becomes another user, who owns the folder.
      const under = Deno.uid() === 0 && noOtherUser === undefined
        ? ["setpriv", `--reuid=${OTHER_UID}`, "--clear-groups"]
        : [];
      if (under.length > 0) {
        Deno.chmodSync(observer.path, 0o666);
        for (const path of [folder.path, folder.file("tests/examples")]) {
          Deno.chownSync(path, OTHER_UID, null);
        }
      }
      const [command, ...args] = [...under, "sh", "-c", script];
      const child = new Deno.Command(command, {
        args,
        cwd: folder.path,
        env: {
          NO_COLOR: "1",
          HOME: folder.path,
          DENO_DIR: folder.file(".deno"),
          PATH: `${folder.file("bin")}:${Deno.env.get("PATH")}`,
        },
        stdin: "null",
        stdout: "piped",
        stderr: "piped",
      }).spawn();
      const output = child.output();
      let hasEnded = false;
      child.status.then(() => hasEnded = true);
      const received = await until(
        "a beat, or the end",
        () => observer.receive() ?? udpObserver.receiveBytes() ?? hasEnded,
      );
      await end(child);
      const { stderr } = await output;
      assert(received !== true, new TextDecoder().decode(stderr));
    },
  );
}

Deno.test("service_test.ts passes with its command", async () => {
  using folder = new TestFolder();
  await using example = new ExampleFile("service_test.ts", folder, "");
  const { code, stdout, stderr } = await example.output();
  assertEquals(code, 0, stdout + stderr);
  assertMatch(stdout, /ok \| 1 passed \| 0 failed/);
});
