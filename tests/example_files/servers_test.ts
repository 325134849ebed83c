import { assert, assertEquals } from "@std/assert";
import { testEachRelease } from "../interop/test_each_release.ts";
import { freePort, VartaWatch } from "../interop/varta_watch.ts";
import { type Frame, NONCE_TERMINAL, Status } from "../../mod.ts";
import { ExampleFile, request, serveAt } from "../support/example_file.ts";
import { TestObserver } from "../support/observer.ts";
import { TestFolder } from "../support/test_folder.ts";
import { until } from "../support/until.ts";
import { Receiver } from "../systemd/receiver.ts";

/** Waits for a frame, and ignores the others. */
function receive(
  observer: TestObserver,
  description: string,
  isExpected: (frame: Frame) => boolean,
): Promise<Frame> {
  return until(description, () => observer.receiveAll().find(isExpected));
}

const isTerminal = ({ nonce }: Frame) => nonce === NONCE_TERMINAL;

testEachRelease(
  (observer) => `server.ts is counted after each start of ${observer}`,
  async (release, folder) => {
    const path = folder.file("observer.sock");
    const port = freePort();
    await using example = new ExampleFile("server.ts", folder, path, {
      replacements: {
        ...serveAt(port),
        "version: 2": `version: ${release.version}`,
      },
    });
    assertEquals(await (await request(port)).text(), "Hello");
    for (let starts = 0; starts < 2; starts++) {
      await using observer = await VartaWatch.start(release, folder);
      assertEquals(observer.path, path);
      await observer.assertBeats(example.pid, 2);
      await observer.terminate();
    }
  },
);

Deno.test("server.ts beats with its requests, and responds after SIGTERM", async () => {
  using folder = new TestFolder();
  using observer = new TestObserver();
  const port = freePort();
  await using example = new ExampleFile("server.ts", folder, observer.path, {
    replacements: {
      ...serveAt(port),
      "pending > 100": "pending > 1",
      "delay(100)": "delay(5_000)",
    },
  });
  const first = request(port);
  const one = await receive(observer, "1", ({ payload }) => payload === 1n);
  assertEquals(one.status, Status.Ok);
  const second = request(port);
  const two = await receive(observer, "2", ({ payload }) => payload === 2n);
  assertEquals(two.status, Status.Degraded);

  example.kill("SIGTERM");
  const responses = Promise.all(
    [first, second].map(async (it) => (await it).text()),
  );
  const frames: Frame[] = [];
  const last = await until("the terminal beat", () => {
    frames.push(...observer.receiveAll());
    return frames.find(isTerminal);
  });
  assertEquals(last.status, Status.Critical);
  assert(frames.some(({ payload }) => payload === 2n));
  assertEquals(await responses, ["Hello", "Hello"]);
  assertEquals((await example.output()).code, 0);
});

Deno.test("systemd.ts beats to an observer and pings with one heartbeat", async () => {
  using folder = new TestFolder();
  using observer = new TestObserver();
  using manager = new Receiver(folder.file("notify"));
  const port = freePort();
  const received: string[] = [];
  const notified = (text: string) =>
    until(text, () => {
      received.push(...manager.receiveTexts());
      return received.includes(text);
    });
  await using example = new ExampleFile("systemd.ts", folder, observer.path, {
    replacements: serveAt(port),
    env: { NOTIFY_SOCKET: manager.name, WATCHDOG_USEC: "400000" },
  });
  await notified("READY=1");
  assertEquals(await (await request(port)).text(), "Hello");
  await notified("WATCHDOG=1");
  await receive(observer, "the third beat", ({ nonce }) => nonce === 3n);
  example.kill("SIGTERM");
  await notified("STOPPING=1");
  await receive(observer, "the terminal beat", isTerminal);
  assertEquals(await example.output(), { code: 0, stdout: "", stderr: "" });
});

Deno.test("systemd.ts only beats outside of a service", async () => {
  using folder = new TestFolder();
  using observer = new TestObserver();
  await using example = new ExampleFile("systemd.ts", folder, observer.path, {
    replacements: serveAt(freePort()),
    env: { NOTIFY_SOCKET: "", WATCHDOG_USEC: "" },
  });
  await receive(observer, "a beat", ({ status }) => status === Status.Ok);
  example.kill("SIGTERM");
  await receive(observer, "the terminal beat", isTerminal);
  assertEquals(await example.output(), { code: 0, stdout: "", stderr: "" });
});
