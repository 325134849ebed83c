import { assertEquals, assertGreaterOrEqual, assertThrows } from "@std/assert";
import type { ErrorClass, SystemError } from "../../ffi/failure.ts";
import { system } from "../../ffi/system.ts";
import { notify } from "../../src/systemd/mod.ts";
import { openDescriptors } from "../support/process.ts";
import { TestFolder } from "../support/test_folder.ts";
import { testUnless } from "../support/test_unless.ts";
import { Environment, Manager } from "./receiver.ts";

const onLinux = Deno.build.os === "linux"
  ? undefined
  : "only Linux has abstract names";

Deno.test("notify() returns false without NOTIFY_SOCKET", () => {
  for (const name of [undefined, ""]) {
    using _environment = new Environment({ NOTIFY_SOCKET: name });
    assertEquals(notify({ ready: true }), false);
    assertEquals(notify({ reloading: true }), false);
  }
});

Deno.test("notify() refuses an address that it does not support", () => {
  const wanted = 'it must be an absolute path, or "@" and an abstract name';
  const cases: [string, ErrorClass, string][] = [
    ["vsock:2:1234", Deno.errors.NotSupported, "vsock is not supported"],
    ["vsock-stream:2:1", Deno.errors.NotSupported, "vsock is not supported"],
    ["run/notify", TypeError, wanted],
    ["./notify", TypeError, wanted],
    ["unix:/run/notify", TypeError, wanted],
    ["@", TypeError, wanted],
    [`/${"x".repeat(200)}`, RangeError, "it is 201 bytes long"],
    [`@${"x".repeat(200)}`, RangeError, "it is 200 bytes long"],
  ];
  for (const [name, Class, message] of cases) {
    using _environment = new Environment({ NOTIFY_SOCKET: name });
    assertThrows(() => notify({ ready: true }), Class, message);
  }
});

/** Asserts that a notification fails, by the name of the errno. */
function assertFails(
  Class: ErrorClass,
  expected: { code: string; syscall: string },
  message: string,
): void {
  const error = assertThrows(() => notify({ ready: true }), Class);
  assertEquals(error.constructor, Class);
  const { errno, code, syscall } = error as SystemError;
  assertEquals({ code, syscall }, expected);
  assertEquals(errno, system.errno[code]);
  assertEquals(error.message, message);
}

Deno.test("notify() throws if there is no socket at the path", () => {
  using folder = new TestFolder();
  const path = folder.file("notify");
  using _environment = new Environment({ NOTIFY_SOCKET: path });
  assertFails(
    Deno.errors.NotFound,
    { code: "ENOENT", syscall: "connect" },
    `Cannot send to ${
      JSON.stringify(path)
    }: there is no such file: the service manager is gone (ENOENT from connect)`,
  );

  Deno.writeTextFileSync(path, "");
  assertFails(
    Deno.errors.ConnectionRefused,
    { code: "ECONNREFUSED", syscall: "connect" },
    `Cannot send to ${
      JSON.stringify(path)
    }: nothing receives there: the service manager is gone (ECONNREFUSED from connect)`,
  );
});

testUnless(
  onLinux,
  "notify() throws if nothing is bound to the abstract name",
  () => {
    const name = `@varta-${crypto.randomUUID()}`;
    using _environment = new Environment({ NOTIFY_SOCKET: name });
    assertFails(
      Deno.errors.ConnectionRefused,
      { code: "ECONNREFUSED", syscall: "connect" },
      `Cannot send to ${
        JSON.stringify(name)
      }: nothing receives there: the service manager is gone (ECONNREFUSED from connect)`,
    );
  },
);

Deno.test("notify() throws if the socket is gone, and finds the next one", () => {
  using manager = new Manager();
  notify({ ready: true });
  const gone = `Cannot send to ${
    JSON.stringify(manager.name)
  }: the service manager is gone`;
  for (let i = 0; i < 3; i++) {
    manager.stop();
    assertThrows(
      () => notify({ status: "Not received" }),
      Deno.errors.ConnectionRefused,
      "nothing receives there: the service manager is gone (ECONNREFUSED",
    );
    manager.removeFile();
    assertThrows(
      () => notify({ status: "Nor this" }),
      Deno.errors.NotConnected,
      gone,
    );
    manager.start();

    assertEquals(notify({ status: "Again" }), true);
    assertEquals(manager.receiveTexts(), ["STATUS=Again"]);
  }
});

Deno.test("notify() loses nothing if the socket is replaced meanwhile", () => {
  using manager = new Manager();
  for (let i = 0; i < 100; i++) {
    manager.restart();
    assertEquals(notify({ status: `${i}` }), true);
    assertEquals(manager.receiveTexts(), [`STATUS=${i}`]);
  }
});

Deno.test("notify() follows NOTIFY_SOCKET if it changes", () => {
  using first = new Manager();
  notify({ status: "first" });
  {
    using second = new Manager();
    notify({ status: "second" });
    assertEquals(second.receiveTexts(), ["STATUS=second"]);
  }
  notify({ status: "first again" });
  assertEquals(first.receiveTexts(), ["STATUS=first", "STATUS=first again"]);
});

Deno.test("notify() opens one socket", () => {
  using manager = new Manager();
  const before = openDescriptors();
  for (let i = 0; i < 100; i++) {
    notify({ status: `${i}` });
    manager.receive();
    if (i % 10 === 0) manager.restart();
  }
  assertEquals(openDescriptors().length, before.length + 1);
});

/** Fills the queue of a manager, and returns how many datagrams it holds. */
function fill(): number {
  let queued = 0;
  while (notify({ status: `${queued}` })) queued++;
  return queued;
}

/** Calls `during` before each synchronous sleep, and records how long they are. */
function recordSleeps(during: () => void): Disposable & { sleeps: number[] } {
  const { wait } = Atomics;
  const sleeps: number[] = [];
  Atomics.wait = ((array: Int32Array, index: number, value: number, ms) => {
    during();
    sleeps.push(ms!);
    return wait(array, index, value, ms);
  }) as typeof wait;
  return { sleeps, [Symbol.dispose]: () => void (Atomics.wait = wait) };
}

Deno.test("notify() throws if the queue stays full for a moment", () => {
  using manager = new Manager();
  const queued = fill();
  using recorder = recordSleeps(() => {});
  const start = performance.now();

  assertFails(
    Deno.errors.WouldBlock,
    { code: "EAGAIN", syscall: "send" },
    `Cannot send to ${
      JSON.stringify(manager.name)
    }: its queue is full: the service manager is too slow, or hangs (EAGAIN from send)`,
  );

  assertEquals(recorder.sleeps, Array(8).fill(5));
  assertGreaterOrEqual(performance.now() - start, 40);
  assertEquals(manager.receiveTexts().length, queued);
  assertEquals(notify({ ready: true }), true);
});

Deno.test("notify() returns false for a status alone if the queue is full", () => {
  using manager = new Manager();
  using recorder = recordSleeps(() => {});
  const queued = fill();
  assertEquals(notify({ status: "lost" }), false);
  assertEquals(notify({ status: "lost", errno: undefined }), false);
  assertEquals(recorder.sleeps, []);
  assertEquals(
    manager.receiveTexts(),
    Array.from({ length: queued }, (_, i) => `STATUS=${i}`),
  );
  assertEquals(notify({ status: "sent" }), true);
  assertEquals(manager.receiveTexts(), ["STATUS=sent"]);
});

Deno.test("notify() waits for a status with another field", () => {
  using manager = new Manager();
  fill();
  using recorder = recordSleeps(() => manager.receive());
  assertEquals(notify({ status: "Up", ready: true }), true);
  assertEquals(recorder.sleeps, [5]);
  assertEquals(manager.receiveTexts().at(-1), "READY=1\nSTATUS=Up");
});

Deno.test("notify() sends once the queue has room again", () => {
  using manager = new Manager();
  const queued = fill();
  using recorder = recordSleeps(() => {
    if (recorder.sleeps.length === 2) manager.receive();
  });

  assertEquals(notify({ ready: true }), true);

  assertEquals(recorder.sleeps, [5, 5, 5]);
  assertEquals(manager.receiveTexts().slice(queued - 1), ["READY=1"]);
});
