import { assert, assertEquals } from "@std/assert";
import { receivingLibc } from "../../ffi/receiving/functions.ts";
import { Status, Varta } from "../../mod.ts";
import { Observer } from "../../src/observer/mod.ts";
import { openDescriptors, settledDescriptors } from "../support/process.ts";
import { TestFolder } from "../support/test_folder.ts";
import { testUnless } from "../support/test_unless.ts";
import { exists, until } from "../support/until.ts";
import type { Task } from "./programs/observing_worker.ts";

const cannotClose = receivingLibc().pthread_key_create === null
  ? "the C library cannot close them, as glibc before 2.34"
  : undefined;

/** Starts a Worker and gives it tasks. */
async function startWorker(...tasks: Task[]): Promise<Worker> {
  const program = import.meta.resolve("./programs/observing_worker.ts");
  const worker = new Worker(program, { type: "module" });
  for (const task of tasks) {
    worker.postMessage(task);
    await new Promise((resolve) => worker.onmessage = resolve);
  }
  return worker;
}

/** Waits until a path refuses agents. Sends nothing, which would wake a loop. */
async function untilRefused(path: string): Promise<void> {
  await until("the path refuses agents", () => {
    try {
      Varta.connect(path).close();
    } catch (error) {
      return error instanceof Deno.errors.ConnectionRefused;
    }
  });
}

Deno.test("Observers leave Deno its pool threads, however many have a loop", async () => {
  using folder = new TestFolder();
  const before = (await settledDescriptors()).length;
  // Deno has 32 pool threads.
  const paths = Array.from({ length: 40 }, (_, i) => folder.file(`${i}`));
  const observers = paths.map((path) => Observer.bind(path));
  const received = new Set<string>();
  const loops = observers.map(async (observer, i) => {
    for await (const _ of observer) received.add(paths[i]);
  });
  assertEquals(openDescriptors().length, before + paths.length + 2);
  let contents = "";
  Deno.readTextFile(new URL(import.meta.url)).then((text) => contents = text);
  await until("a file is read", () => contents !== "");
  for (const path of paths) {
    using agent = Varta.connect(path);
    agent.beat(Status.Ok);
  }
  await until("all have received a beat", () => received.size === paths.length);
  for (const observer of observers) observer.close();
  await Promise.all(loops);
  assertEquals(openDescriptors().length, before);
});

for (const loop of [false, true]) {
  testUnless(
    cannotClose,
    `Observer of a terminated Worker is closed, ${
      loop ? "with" : "without"
    } a loop`,
    async () => {
      using folder = new TestFolder();
      const path = folder.file("socket");
      const before = await settledDescriptors();
      const worker = await startWorker({ path, loop });
      Varta.connect(path).close();
      worker.terminate();
      await untilRefused(path);
      const isClosed = () =>
        openDescriptors().every((fd) => before.includes(fd));
      await until("all descriptors are closed", isClosed);
      assert(exists(path));
      Observer.bind(path).close();
    },
  );
}

testUnless(
  cannotClose,
  "Observer that a Worker has closed is not closed again at its end",
  async () => {
    using folder = new TestFolder();
    const path = folder.file("open");
    const worker = await startWorker(
      { path },
      { path: folder.file("closed"), close: true },
    );
    // One of these gets the number of the descriptor that was closed.
    const names = Array.from({ length: 20 }, (_, i) => folder.file(`${i}`));
    const files = names.map((name) => Deno.createSync(name));
    worker.terminate();
    await untilRefused(path);
    for (const file of files) {
      assert(file.statSync().isFile);
      file.close();
    }
  },
);
