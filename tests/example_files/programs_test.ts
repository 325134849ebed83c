import { assertEquals, assertMatch } from "@std/assert";
import { stallsOf } from "../interop/metrics.ts";
import { testEachRelease } from "../interop/test_each_release.ts";
import { VartaWatch } from "../interop/varta_watch.ts";
import { type Frame, NONCE_TERMINAL, Status } from "../../mod.ts";
import { ExampleFile } from "../support/example_file.ts";
import { TestObserver } from "../support/observer.ts";
import { TestFolder } from "../support/test_folder.ts";
import { until } from "../support/until.ts";

Deno.test("scheduled_job.ts ends with the number of its steps", async () => {
  using folder = new TestFolder();
  using observer = new TestObserver();
  Deno.writeTextFileSync(folder.file("numbers.txt"), "1\n20\n300\n");
  await using job = new ExampleFile("scheduled_job.ts", folder, observer.path);
  assertEquals(await job.output(), { code: 0, stdout: "", stderr: "" });
  assertEquals(Deno.readTextFileSync(folder.file("sum.txt")), "321\n");
  const { status, payload, nonce } = observer.receiveAll().at(-1)!;
  assertEquals([status, payload, nonce], [Status.Ok, 3n, 2n]);
});

Deno.test("scheduled_job.ts sends the terminal beat if a step fails", async () => {
  using folder = new TestFolder();
  using observer = new TestObserver();
  await using job = new ExampleFile("scheduled_job.ts", folder, observer.path);
  const { code, stderr } = await job.output();
  assertEquals(code, 1);
  assertMatch(stderr, /^Step 1 failed: NotFound/);
  const { status, payload, nonce } = observer.receiveAll().at(-1)!;
  const expected = [Status.Critical, 0n, NONCE_TERMINAL];
  assertEquals([status, payload, nonce], expected);
});

Deno.test("scheduled_job.ts is Degraded during a step that takes too long", async () => {
  using folder = new TestFolder();
  using observer = new TestObserver();
  Deno.writeTextFileSync(folder.file("numbers.txt"), "7\n");
  await using job = new ExampleFile("scheduled_job.ts", folder, observer.path, {
    replacements: {
      "interval: 1_000": "interval: 100",
      "60_000": "100",
      "await step();":
        "await step(); await new Promise((resolve) => setTimeout(resolve, 1_500));",
    },
  });
  const frames: Frame[] = [];
  const last = await until("the last beat", () => {
    frames.push(...observer.receiveAll());
    return frames.find(({ payload }) => payload === 3n);
  });
  assertEquals(last.status, Status.Ok);
  const degraded = frames.filter(({ status }) => status === Status.Degraded);
  const payloads = new Set(degraded.map(({ payload }) => payload));
  assertEquals(payloads, new Set([0n, 1n, 2n]));
  assertEquals((await job.output()).code, 0);
});

testEachRelease(
  (observer) => `scheduled_job.ts is a stall to ${observer} after its end`,
  async (release, folder) => {
    await using observer = await VartaWatch.start(release, folder, {
      threshold: 1_000,
    });
    await using job = new ExampleFile(
      "scheduled_job.ts",
      folder,
      observer.path,
      {
        replacements: {
          "version: 2": `version: ${release.version}`,
          // The observer must receive a beat before the process has ended.
          "await step();":
            "await new Promise((resolve) => setTimeout(resolve, 500)); await step();",
        },
      },
    );
    assertEquals((await job.output()).code, 1);
    await observer.assertMetrics({ [stallsOf(job.pid)]: 1 });
  },
);

for (const [signal, number] of [["SIGINT", 2], ["SIGTERM", 15]] as const) {
  Deno.test(`command_line.ts ends gracefully after ${signal}`, async () => {
    using folder = new TestFolder();
    using observer = new TestObserver();
    await using program = new ExampleFile(
      "command_line.ts",
      folder,
      observer.path,
      { stdin: "piped" },
    );
    const writer = program.stdin.getWriter();
    await writer.write(new Uint8Array(2 ** 21));
    const receive = (expected: (frame: Frame) => boolean) =>
      until(`${expected}`, () => observer.receiveAll().find(expected));
    const { status } = await receive(({ payload }) => payload === 2n);
    assertEquals(status, Status.Ok);
    program.kill(signal);
    const { code, stdout, stderr } = await program.output();
    assertEquals(stdout, `${2 ** 21} bytes\n`);
    assertEquals([code, stderr], [128 + number, ""]);
    const { status: last, nonce, payload } = observer.receiveAll().at(-1)!;
    assertEquals([last, nonce], [Status.Critical, NONCE_TERMINAL]);
    assertEquals(payload, BigInt(number));
    await writer.abort().catch(() => {});
  });
}

testEachRelease(
  (observer) => `command_line.ts is counted by ${observer}`,
  async (release, folder) => {
    await using observer = await VartaWatch.start(release, folder);
    await using program = new ExampleFile(
      "command_line.ts",
      folder,
      observer.path,
      {
        replacements: { "version: 2": `version: ${release.version}` },
        stdin: "piped",
      },
    );
    await observer.assertBeats(program.pid, 2);
    await program.stdin.close();
    const result = await program.output();
    assertEquals(result, { code: 0, stdout: "0 bytes\n", stderr: "" });
    const rows = await observer.exportedRows();
    assertEquals(rows.filter(({ status }) => status !== "ok"), []);
  },
);
