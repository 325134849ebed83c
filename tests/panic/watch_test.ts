import { assertEquals } from "@std/assert";
import { NONCE_TERMINAL } from "../../mod.ts";
import { TestObserver } from "../support/observer.ts";
import { TestFolder } from "../support/test_folder.ts";
import { until } from "../support/until.ts";

const PROGRAM = import.meta.resolve("./programs/watched.ts");

Deno.test("installPanicHandler() lets deno run --watch restart the program", async () => {
  using observer = new TestObserver();
  using folder = new TestFolder();
  const file = folder.file("watched.txt");
  Deno.writeTextFileSync(file, "");
  await using child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--no-check", "--no-config", "--allow-ffi"],
      ...[`--watch=${file}`, PROGRAM, observer.path],
    ],
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  let stdout = "";
  const reading = child.stdout.pipeThrough(new TextDecoderStream()).pipeTo(
    new WritableStream({ write: (text) => void (stdout += text) }),
  );
  let nonce = 0n;
  /** Asserts that the program goes on beating, after the last beat. */
  const assertBeats = async () => {
    for (let i = 0; i < 3; i++) {
      const beat = await until("a beat comes", () => observer.receive());
      assertEquals(beat.pid, child.pid); // the watcher's
      assertEquals(beat.nonce > nonce && beat.nonce < NONCE_TERMINAL, true);
      nonce = beat.nonce;
    }
  };

  const countStarts = () => stdout.split("started\n").length - 1;
  await until("the program starts", () => countStarts() === 1);
  await assertBeats();
  for (let restarts = 1; restarts <= 2; restarts++) {
    const starts = countStarts();
    let changed = -Infinity;
    await until("the program restarts", () => {
      // Once more each second: a watcher that is not ready misses a change.
      if (performance.now() - changed > 1_000) {
        Deno.writeTextFileSync(file, "changed");
        changed = performance.now();
      }
      return countStarts() > starts;
    });
    await assertBeats();
  }
  child.kill("SIGTERM");
  assertEquals((await child.status).signal, "SIGTERM");
  await reading;
  for (const { nonce } of observer.receiveAll()) {
    assertEquals(nonce === NONCE_TERMINAL, false);
  }
});
