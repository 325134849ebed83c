import { assert, assertEquals, assertGreaterOrEqual } from "@std/assert";
import { stallsOf } from "../interop/metrics.ts";
import { testEachRelease } from "../interop/test_each_release.ts";
import { VartaWatch } from "../interop/varta_watch.ts";
import { ExampleFile } from "../support/example_file.ts";

/** A Worker in a checkout, unlike one with the package, reads its modules. */
const READ = {
  "--allow-read=.": `--allow-read=.,${import.meta.dirname}/../..`,
};

testEachRelease(
  (observer) => `busy_but_alive.ts is Ok, Degraded, then silent to ${observer}`,
  async (release, folder) => {
    await using observer = await VartaWatch.start(release, folder, {
      threshold: 1_500,
    });
    await using job = new ExampleFile(
      "busy_but_alive.ts",
      folder,
      observer.path,
      {
        replacements: {
          ...READ,
          "version: 2": `version: ${release.version}`,
          "}, 1_000)": "}, 50)",
          // The job works for a second, and then it hangs in a loop.
          "Atomics.add(counter, 0, 1);":
            "if (performance.now() < end - 59_000) Atomics.add(counter, 0, 1);",
        },
      },
    );
    await observer.assertMetrics({ [stallsOf(job.pid)]: 1 });
    // The main thread is still in its loop, so nothing but the Worker has beaten.
    assertEquals([job.stdout, job.stderr], ["", ""]);
    const rows = (await observer.exportedRows())
      .filter(({ pid }) => pid === `${job.pid}`);
    const beats = rows.filter(({ kind }) => kind === "beat");
    // A beat is Ok if the counter has moved since the last one. On a busy machine,
    // it may also stand still for a beat.
    let last = 0;
    for (const { status, payload } of beats) {
      assertEquals(status, Number(payload) > last ? "ok" : "degraded");
      last = Number(payload);
    }
    const statuses = beats.map(({ status }) => status);
    const degraded = statuses.lastIndexOf("ok") + 1;
    assert(degraded > 1);
    assertEquals(statuses.slice(degraded), Array(10).fill("degraded"));
    // It was silent from then on, until the observer reported the stall.
    assertEquals(rows.at(-1)!.kind, "stall");
    assertGreaterOrEqual(
      rows.at(-1)!.time - beats.at(-1)!.time,
      1_400_000_000n,
    );
  },
);
