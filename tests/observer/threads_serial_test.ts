import { assert, assertEquals } from "@std/assert";
import { receivingLibc } from "../../ffi/receiving/receiving_libc.ts";
import { Status, Varta } from "../../mod.ts";
import { Observer } from "../../src/observer/mod.ts";
import {
  openDescriptors,
  resultOf,
  settledDescriptors,
} from "../support/process.ts";
import { TestFolder } from "../support/test_folder.ts";
import { notLinux, testUnless } from "../support/test_unless.ts";
import { exists, until } from "../support/until.ts";
import type { Resources } from "./programs/end_workers.ts";
import type { Task } from "./programs/observing_worker.ts";

const cannotClose = receivingLibc().__cxa_thread_atexit_impl === null
  ? "the C library cannot close them, as musl"
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

testUnless(
  cannotClose ?? notLinux,
  "Observers of 100 ended Workers leave no key, descriptor or thread",
  async () => {
    using folder = new TestFolder();
    const { before, after } = await resultOf<Record<string, Resources>>(
      import.meta.resolve("./programs/end_workers.ts"),
      [folder.path, "100"],
      ["--allow-all"],
    );
    assertEquals(after.keys, before.keys);
    assertEquals(after.descriptors, before.descriptors);
    // Deno keeps up to 32 pool threads for some seconds.
    const threads = after.threads - before.threads;
    assert(threads <= 32, `${threads} more threads`);
  },
);

testUnless(
  cannotClose,
  "Observer in a Worker uses the descriptor of a closed one again",
  async () => {
    using folder = new TestFolder();
    const before = await settledDescriptors();
    const close = true;
    const worker = await startWorker({ path: folder.file("0"), close });
    const count = openDescriptors().length;
    for (let i = 1; i <= 20; i++) {
      worker.postMessage({ path: folder.file(`${i}`), close });
      await new Promise((resolve) => worker.onmessage = resolve);
    }
    assertEquals(openDescriptors().length, count);
    worker.postMessage({ path: folder.file("open") });
    await new Promise((resolve) => worker.onmessage = resolve);
    Varta.connect(folder.file("open")).close();
    worker.terminate();
    await untilRefused(folder.file("open"));
    const isClosed = () => openDescriptors().every((fd) => before.includes(fd));
    await until("all descriptors are closed", isClosed);
  },
);
