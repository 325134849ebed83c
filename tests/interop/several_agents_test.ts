import { assertEquals, assertGreaterOrEqual } from "@std/assert";
import { Status, Varta } from "../../mod.ts";
import { Cli } from "../support/cli.ts";
import { beatsOf, RATE_LIMITED, statusOf } from "./metrics.ts";
import { testEachRelease } from "./test_each_release.ts";
import { VartaWatch } from "./varta_watch.ts";

const { pid } = Deno;

/** Beats ten times, and asserts that each beat is sent. */
function beat(agent: Varta, status: Status) {
  for (let i = 0; i < 10; i++) {
    assertEquals(agent.beat(status), { kind: "sent" });
  }
}

testEachRelease(
  (observer) =>
    `Varta.beat() of a second agent with "count" is ignored by ${observer}`,
  async (release, folder) => {
    await using observer = await VartaWatch.start(release, folder);
    using first = Varta.connect(observer.path, release);
    beat(first, Status.Ok);
    await observer.assertMetrics({ [beatsOf(pid)]: 10 });

    using second = Varta.connect(observer.path, release);
    beat(second, Status.Critical);
    // The eleventh nonce is the first that is above the last one of this pid.
    assertEquals(second.beat(Status.Degraded), { kind: "sent" });
    await observer.assertMetrics({
      [beatsOf(pid)]: 11,
      [statusOf(pid)]: Status.Degraded,
    });
  },
);

testEachRelease(
  (observer) =>
    `Varta.beat() of a second agent with "clock" is counted by ${observer}`,
  async (release, folder) => {
    const options = { version: release.version, nonce: "clock" } as const;
    await using observer = await VartaWatch.start(release, folder);
    using first = Varta.connect(observer.path, options);
    using second = Varta.connect(observer.path, options);
    for (let i = 0; i < 5; i++) {
      assertEquals(first.beat(Status.Ok), { kind: "sent" });
      assertEquals(second.beat(Status.Critical), { kind: "sent" });
    }
    await observer.assertMetrics({
      [beatsOf(pid)]: 10,
      [statusOf(pid)]: Status.Critical,
    });

    first.close();
    second.close();
    using third = Varta.connect(observer.path, options);
    beat(third, Status.Degraded);
    await observer.assertMetrics({
      [beatsOf(pid)]: 20,
      [statusOf(pid)]: Status.Degraded,
    });
  },
);

testEachRelease(
  (observer) => `Varta.beat() of agents in Workers is counted by ${observer}`,
  async (release, folder) => {
    await using observer = await VartaWatch.start(release, folder);
    const url = new URL("./programs/worker.ts", import.meta.url);
    const workers = [1, 2, 3].map(() => new Worker(url, { type: "module" }));
    for (const worker of workers) {
      await tell(worker, [observer.path, release.version]);
    }
    for (let i = 0; i < 3; i++) {
      for (const worker of workers) await tell(worker, "beat");
    }
    await observer.assertMetrics({ [beatsOf(pid)]: 12 });
    for (const worker of workers) worker.terminate();
  },
);

/** Sends a message to a Worker, which beats once. */
async function tell(worker: Worker, message: unknown): Promise<void> {
  worker.postMessage(message);
  const outcome = await new Promise((resolve) => {
    worker.onmessage = ({ data }) => resolve(data);
  });
  assertEquals(outcome, "sent");
}

testEachRelease(
  (observer) => `Varta.beat() is counted by ${observer} across --watch`,
  async (release, folder) => {
    await using observer = await VartaWatch.start(release, folder);
    const changed = folder.file("changed");
    await Deno.writeTextFile(changed, "0");
    await using child = new Cli([observer.path, `${release.version}`], [
      ...["run", `--watch=${changed}`, "--no-check", "--no-config"],
      ...["--allow-ffi", import.meta.resolve("./programs/watched.ts")],
    ]);
    for (const run of [1, 2]) {
      assertEquals(await child.readLine(), `${child.pid}`);
      await observer.assertMetrics({ [beatsOf(child.pid)]: 10 * run });
      await Deno.writeTextFile(changed, `${run}`);
    }
  },
);

testEachRelease(
  (observer) => `Varta.beat() above 100 times a second reaches ${observer}`,
  async (release, folder) => {
    await using observer = await VartaWatch.start(release, folder, {
      flags: release.version === 1 ? [] : ["--max-beat-rate", "100"],
    });
    using agent = Varta.connect(observer.path, release);
    beat(agent, Status.Ok);
    if (release.version === 1) {
      await observer.assertMetrics({ [beatsOf(pid)]: 10 });
      return;
    }
    // 0.2.0 counts at most 100 beats a second of each process.
    await observer.untilMetrics((page) => {
      const counted = page.get(beatsOf(pid)) ?? 0;
      const limited = page.get(RATE_LIMITED) ?? 0;
      assertEquals(counted + limited, 10);
      assertGreaterOrEqual(limited, 1);
    });
  },
);
