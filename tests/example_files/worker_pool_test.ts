import { assertEquals, assertMatch } from "@std/assert";
import { testEachRelease } from "../interop/test_each_release.ts";
import { VartaWatch } from "../interop/varta_watch.ts";
import { countDatagramSockets } from "../support/datagram_sockets.ts";
import { ExampleFile } from "../support/example_file.ts";
import { TestObserver } from "../support/observer.ts";
import { TestFolder } from "../support/test_folder.ts";
import { notLinux, testUnless } from "../support/test_unless.ts";
import { until } from "../support/until.ts";

/** Unlike the package on JSR, a Worker needs permission to load this checkout. */
const READ = {
  "--allow-read=": `--allow-read=${import.meta.dirname}/../..,`,
};

testEachRelease(
  (observer) => `worker_pool.ts has four Workers that ${observer} counts`,
  async (release, folder) => {
    await using observer = await VartaWatch.start(release, folder);
    await using pool = new ExampleFile(
      "worker_pool.ts",
      folder,
      observer.path,
      {
        replacements: {
          ...READ,
          "version: 2": `version: ${release.version}`,
        },
      },
    );
    const { code, stdout, stderr } = await pool.output();
    assertEquals([code, stderr], [0, ""]);
    assertEquals(stdout.trimEnd().split("\n").length, 20);
    assertMatch(stdout, /^9592 primes below 100000$/m);
    const rows = await observer.exportedRows();
    const payloads = new Set(rows.map(({ payload }) => payload));
    assertEquals([...payloads].sort(), ["1", "2", "3", "4"]);
    assertEquals(new Set(rows.map(({ pid }) => pid)), new Set([`${pool.pid}`]));
  },
);

testUnless(
  notLinux,
  "worker_pool.ts has Workers that close their agents",
  async () => {
    using folder = new TestFolder();
    using observer = new TestObserver();
    await using pool = new ExampleFile(
      "worker_pool.ts",
      folder,
      observer.path,
      {
        replacements: {
          ...READ,
          "await Promise.all(workers);":
            "await Promise.all(workers); console.log(1); await delay(1e6);",
        },
      },
    );
    await until("an agent", () => countDatagramSockets(pool.pid));
    await until("the last line", () => pool.stdout.endsWith("\n1\n"));
    assertEquals(countDatagramSockets(pool.pid), 0);
  },
);
