import { assert, assertEquals } from "@std/assert";
import { Status, Varta, type VlpVersion } from "../mod.ts";
import {
  AUTH_FAILURES,
  BAD_VERSION,
  beatsOf,
  IO_ERRORS,
  stallsOf,
} from "./interop/metrics.ts";
import { type Release, RELEASES } from "./interop/releases.ts";
import { testEachRelease } from "./interop/test_each_release.ts";
import { noOtherUser, VartaWatch } from "./interop/varta_watch.ts";
import { runCli } from "./support/cli.ts";
import { blocksOf } from "./support/examples.ts";
import { IN_PID_NAMESPACE, noPidNamespace } from "./support/pid_namespace.ts";
import { hasProgram, runProgram } from "./support/process.ts";
import { TestFolder } from "./support/test_folder.ts";
import { notLinux, testUnless } from "./support/test_unless.ts";
import { exists, until } from "./support/until.ts";

const { pid } = Deno;
// `deno task deployments` runs the recipes.
const PAGE = ".github/DEPLOYMENTS.md";
const UNITS = ["README.md", PAGE].flatMap((path) => blocksOf(path, "ini"));

testUnless(
  hasProgram("systemd-analyze") ? undefined : "there is no systemd-analyze",
  "README.md and DEPLOYMENTS.md have units that systemd accepts",
  async () => {
    using folder = new TestFolder();
    assert(UNITS.length > 2);
    for (const [i, unit] of UNITS.entries()) {
      const file = folder.file(`${i}.service`);
      // Its program must exist.
      const runnable = unit.replace(/^ExecStart=\S+/m, "ExecStart=/bin/true");
      assert(runnable !== unit);
      Deno.writeTextFileSync(file, runnable);
      // It reads the unit, and starts nothing.
      const { code, stderr } = await new Deno.Command("systemd-analyze", {
        args: ["verify", "--man=no", file],
      }).output();
      assertEquals(
        { code, stderr: new TextDecoder().decode(stderr) },
        { code: 0, stderr: "" },
      );
    }
  },
);

/** The kinds of lines for which the page shows an exported one. */
const shown: string[] = [];

/** Declares a test that the page shows a line as varta-watch exports it. */
function testLine(
  kind: string,
  beat: (observer: VartaWatch) => Promise<unknown>,
  reason?: string,
): void {
  shown.push(kind);
  testEachRelease(
    (observer) => `DEPLOYMENTS.md shows the line "${kind}" of ${observer}`,
    async (release, folder) => {
      await using observer = await VartaWatch.start(release, folder, {
        threshold: 200,
        ...kind === "io" && { uid: 1000, flags: ["--socket-mode", "0666"] },
      });
      Deno.chmodSync(folder.path, 0o711);
      await beat(observer);
      const row = (await observer.exportedRows()).find((it) =>
        it.kind === kind
      );
      const shownPid = row!.pid === "-" ? "-" : "3405";
      const line = [kind, shownPid, row!.nonce, row!.status, row!.payload].join(
        " ",
      );
      const text = Deno.readTextFileSync(
        new URL(`../${PAGE}`, import.meta.url),
      );
      assert(text.includes(`\`${line}\``), line);
    },
    { releases: RELEASES.slice(1), reason },
  );
}

/** Beats once, and waits until the observer shows that in its metrics. */
async function beatOnce(
  observer: VartaWatch,
  version: VlpVersion,
  metrics: Record<string, number>,
): Promise<void> {
  using agent = Varta.connect(observer.path, { version });
  agent.beat(Status.Ok);
  await observer.assertMetrics(metrics);
}

/** The same in another process. */
async function beatElsewhere(
  observer: VartaWatch,
  under: readonly string[],
  metrics: Record<string, number>,
): Promise<void> {
  const agent = import.meta.resolve("./interop/programs/agent.ts");
  await runProgram(agent, [observer.path, "2", "1"], ["--allow-ffi"], {
    under,
  });
  await observer.assertMetrics(metrics);
}

testLine("beat", (observer) => beatOnce(observer, 2, { [beatsOf(pid)]: 1 }));
testLine("stall", (observer) => beatOnce(observer, 2, { [stallsOf(pid)]: 1 }));
testLine("decode", (observer) => beatOnce(observer, 1, { [BAD_VERSION]: 1 }));
testLine(
  "mismatch",
  (observer) =>
    beatElsewhere(observer, IN_PID_NAMESPACE, { [AUTH_FAILURES]: 1 }),
  noPidNamespace,
);
testLine(
  "io",
  (observer) => beatElsewhere(observer, [], { [IO_ERRORS]: 1 }),
  noOtherUser,
);

Deno.test("DEPLOYMENTS.md shows no line that no test compares", () => {
  const text = Deno.readTextFileSync(new URL(`../${PAGE}`, import.meta.url));
  const kinds = text.matchAll(/^\| .* \| `(\w+) [-\d]/gm);
  assertEquals(Array.from(kinds, ([, kind]) => kind).sort(), shown.sort());
});

const LAST_BEATS = {
  "a command beat": ({ path }: VartaWatch, { version }: Release) =>
    runCli(["beat", path, "--protocol", `${version}`]),
  "a terminal beat": ({ path }: VartaWatch, { version }: Release) => {
    using agent = Varta.connect(path, { version });
    agent.beatTerminal();
  },
};

for (const [name, beat] of Object.entries(LAST_BEATS)) {
  testEachRelease(
    (observer) => `DEPLOYMENTS.md: ${observer} runs recovery after ${name}`,
    async (release, folder) => {
      const file = folder.file("recovery");
      const flag = release.version === 1 ? "--recovery-cmd" : "--recovery-exec";
      await using observer = await VartaWatch.start(release, folder, {
        threshold: 1_000,
        flags: [flag, `touch ${file}`],
      });
      await beat(observer, release);
      await until("recovery has run", () => exists(file));
    },
    { reason: notLinux },
  );
}
