import { assert, assertEquals } from "@std/assert";
import { type Frame, Status, Varta } from "../../mod.ts";
import { TestObserver } from "../support/observer.ts";
import { until } from "../support/until.ts";

/** Asserts that frames of one pid, in the order of their arrival, are in order. */
function assertInOrder(frames: Frame[], count: number): void {
  assertEquals(frames.length, count);
  for (const [i, frame] of frames.entries()) {
    if (i === 0) continue;
    assertEquals(frame.pid, frames[0].pid);
    assert(frame.timestamp > frames[i - 1].timestamp, `frame ${i}`);
  }
}

Deno.test("Varta.beat() has no earlier timestamp in another agent or Worker", async () => {
  using observer = new TestObserver();
  const frames: Frame[] = [];
  const worker = new Worker(
    new URL("../interop/programs/worker.ts", import.meta.url),
    { type: "module" },
  );
  const beatInWorker = (message: unknown) => {
    const done = new Promise((resolve) => worker.onmessage = resolve);
    worker.postMessage(message);
    return done;
  };
  await beatInWorker([observer.path, 2]);
  frames.push(...observer.receiveAll());
  for (let i = 0; i < 5; i++) {
    using first = Varta.connect(observer.path, { version: 2 });
    using second = Varta.connect(observer.path, { version: 2, nonce: "clock" });
    first.beat(Status.Ok);
    second.beat(Status.Ok);
    await beatInWorker("beat");
    first.beatTerminal();
    second.beatTerminal();
    frames.push(...observer.receiveAll());
  }
  worker.terminate();
  assertInOrder(frames, 26);
});

Deno.test("Varta.beat() has no earlier timestamp after a change under --watch", async () => {
  using observer = new TestObserver();
  const changed = `${observer.path}.changed`;
  Deno.writeTextFileSync(changed, "1");
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", `--watch=${changed}`, "--no-check", "--no-config"],
      ...["--allow-ffi", import.meta.resolve("../interop/programs/watched.ts")],
      ...[observer.path, "2"],
    ],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const frames: Frame[] = [];
  const received = (count: number) =>
    until(`${count} beats`, () => {
      frames.push(...observer.receiveAll());
      return frames.length >= count;
    });
  try {
    await received(10);
    Deno.writeTextFileSync(changed, "2");
    await received(20);
  } finally {
    child.kill("SIGKILL");
    await child.status;
  }
  assertInOrder(frames, 20);
});
