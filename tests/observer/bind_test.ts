import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertThrows,
} from "@std/assert";
import { ReceivingSocket } from "../../ffi/receiving/bound_socket.ts";
import { system } from "../../ffi/system.ts";
import { unixAddress } from "../../ffi/socket_address.ts";
import { Status, Varta } from "../../mod.ts";
import { Observer } from "../../src/observer/mod.ts";
import { withoutDescriptors } from "../support/exhaustion.ts";
import { TestFolder, TestObserver } from "../support/observer.ts";
import {
  canTrace,
  hasProgram,
  openDescriptors,
  runDeno,
} from "../support/process.ts";

const OBSERVER = import.meta.resolve("../../src/observer/mod.ts");
const notLinux = Deno.build.os !== "linux";
const isRoot = Deno.uid() === 0;

function exists(path: string): boolean {
  try {
    return Boolean(Deno.lstatSync(path));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function modeOf(path: string): number {
  return Deno.lstatSync(path).mode! & 0o777;
}

/** Leaves a socket's file at the path, and no socket. */
function leaveDeadSocket(path: string): void {
  const socket = ReceivingSocket.bind(unixAddress(path));
  assert(socket instanceof ReceivingSocket);
  socket.close();
}

/** What Observer.bind() throws, with all that an error of the system has. */
function failToBind(path: string, options = {}) {
  const before = openDescriptors();
  try {
    Observer.bind(path, options).close();
  } catch (error) {
    assertInstanceOf(error, Error);
    assertEquals(openDescriptors(), before);
    const { errno, code, syscall } = error as Error & Record<string, unknown>;
    return { error, name: error.name, errno, code, syscall };
  }
  throw new Error("It was bound");
}

Deno.test("Observer.bind() receives at a path, also by its URL", () => {
  using folder = new TestFolder();
  const path = folder.file("ü socket");
  for (const place of [path, new URL(`file://${path}`)]) {
    using observer = Observer.bind(place);
    using agent = Varta.connect(path);
    agent.beat(Status.Ok, 7);
    const observation = observer.receive();
    assert(observation?.kind === "beat");
    assertEquals(observation.frame.payload, 7n);
  }
});

Deno.test("Observer.bind() makes the socket with mode 0600, or the one asked for, whatever the umask", () => {
  using folder = new TestFolder();
  const path = folder.file("socket");
  const umask = Deno.umask();
  try {
    for (const mask of [0o000, 0o022, 0o777]) {
      Deno.umask(mask);
      {
        using _ = Observer.bind(path);
        assertEquals(modeOf(path), 0o600);
      }
      for (const mode of [0, 0o600, 0o620, 0o666, 0o777]) {
        using _ = Observer.bind(path, { mode });
        assertEquals(modeOf(path), mode);
      }
    }
  } finally {
    Deno.umask(umask);
  }
});

Deno.test({
  name:
    "Observer.bind() never has its socket wider than its mode, nor without its senders' credentials",
  ignore: notLinux || !canTrace(),
  async fn() {
    using folder = new TestFolder();
    const path = folder.file("socket");
    const { stderr } = await runDeno(
      `import { Observer } from "${OBSERVER}";
       Deno.umask(0);
       Observer.bind("${path}", { mode: 0o640 }).close();`,
      ["--allow-all"],
      { trace: "setsockopt,fchmod,bind,chmod,fchmodat,?fchmodat2" },
    );
    // Before them come those of Deno itself, on its cache.
    const calls = stderr.split("\n").slice(-3);
    const names = calls.map((call) => /^\w+/.exec(call)?.[0]);
    assertEquals(names, ["setsockopt", "fchmod", "bind"], stderr);
  },
});

Deno.test("Observer.bind() throws AddrInUse where a live observer has the path, and leaves it alone", () => {
  using folder = new TestFolder();
  const path = folder.file("socket");
  using observer = Observer.bind(path);
  const { error, ...rest } = failToBind(path);
  assertEquals(rest, {
    name: "AddrInUse",
    errno: system.errno.EADDRINUSE,
    code: "EADDRINUSE",
    syscall: "bind",
  });
  assertEquals(
    error.message,
    `Cannot bind to "${path}": another observer receives there: close that one, or choose another path (EADDRINUSE from bind)`,
  );
  using agent = Varta.connect(path);
  agent.beat(Status.Ok);
  assertEquals(observer.receive()?.kind, "beat");
});

Deno.test("Observer.bind() throws AddrInUse where a live observer's queue is full", () => {
  using folder = new TestFolder();
  const path = folder.file("socket");
  using _observer = Observer.bind(path);
  using agent = Varta.connect(path);
  while (agent.beat(Status.Ok).kind === "sent");
  assertEquals(failToBind(path).name, "AddrInUse");
});

Deno.test("Observer.bind() takes over where the socket is dead", () => {
  using folder = new TestFolder();
  const path = folder.file("socket");
  leaveDeadSocket(path);
  using observer = Observer.bind(path);
  using agent = Varta.connect(path);
  agent.beat(Status.Ok);
  assertEquals(observer.receive()?.kind, "beat");
  assertEquals(modeOf(path), 0o600);
});

Deno.test({
  name: "Observer.bind() takes over from a process that was killed",
  ignore: notLinux,
  async fn() {
    using folder = new TestFolder();
    const path = folder.file("socket");
    await runDeno(
      `import { Observer } from "${OBSERVER}";
       Observer.bind("${path}");
       Deno.kill(Deno.pid, "SIGKILL");`,
      ["--allow-all"],
    );
    assert(exists(path));
    Observer.bind(path).close();
  },
});

Deno.test({
  name: "Observer.bind() takes over under a lock on the directory",
  ignore: !hasProgram("flock"),
  async fn() {
    using folder = new TestFolder();
    leaveDeadSocket(folder.file("socket"));
    const holder = new Deno.Command("flock", {
      args: [
        ...[folder.path, "sh", "-c"],
        `echo locked; sleep 0.1; echo > ${folder.file("released")}`,
      ],
      stdout: "piped",
    }).spawn();
    const output = holder.stdout.getReader();
    await output.read();
    Observer.bind(folder.file("socket")).close();
    assert(exists(folder.file("released")));
    await output.cancel();
    await holder.status;
  },
});

Deno.test("Observer.bind() throws AlreadyExists where there is no socket, and removes nothing", () => {
  using folder = new TestFolder();
  leaveDeadSocket(folder.file("dead"));
  Deno.writeTextFileSync(folder.file("plain"), "precious");
  Deno.mkdirSync(folder.file("directory"));
  Deno.symlinkSync(folder.file("none"), folder.file("dangling"));
  Deno.symlinkSync(folder.file("dead"), folder.file("link"));
  new Deno.Command("mkfifo", { args: [folder.file("fifo")] }).outputSync();
  const things = {
    plain: "a file",
    directory: "a directory",
    dangling: "a symbolic link",
    link: "a symbolic link",
    fifo: "a FIFO",
  };
  for (const [name, thing] of Object.entries(things)) {
    const path = folder.file(name);
    const { error, ...rest } = failToBind(path);
    assertEquals(rest, {
      name: "AlreadyExists",
      errno: system.errno.EADDRINUSE,
      code: "EADDRINUSE",
      syscall: "bind",
    });
    assertEquals(
      error.message,
      `Cannot bind to "${path}": ${thing} is there, which is no socket: remove it, or choose another path (EADDRINUSE from bind)`,
    );
    assert(exists(path));
  }
  assert(exists(folder.file("dead")));
  assertEquals(Deno.readTextFileSync(folder.file("plain")), "precious");
});

Deno.test("Observer.bind() throws AddrInUse where a live stream socket has the path", () => {
  using folder = new TestFolder();
  const path = folder.file("stream");
  const listener = Deno.listen({ transport: "unix", path });
  const { name, error } = failToBind(path);
  assertEquals(name, "AddrInUse");
  assert(error.message.includes("not a datagram socket"), error.message);
  assert(exists(path));
  listener.close();
});

Deno.test("Observer.bind() says what to do where the directory is wrong", () => {
  using folder = new TestFolder();
  Deno.writeTextFileSync(folder.file("plain"), "");
  const missing = failToBind(folder.file("none/socket"));
  assertEquals(missing.name, "NotFound");
  assert(missing.error.message.includes("its directory does not exist"));
  assertEquals(failToBind(folder.file("plain/socket")).name, "NotADirectory");
});

Deno.test({
  name:
    "Observer.bind() removes no socket that it may not ask, or may not remove",
  ignore: notLinux || !isRoot,
  async fn() {
    using folder = new TestFolder();
    Deno.chmodSync(folder.path, 0o1777); // each may remove their own files alone
    const path = folder.file("socket");
    using observer = new TestObserver(path); // mode 0755, so not to be written
    leaveDeadSocket(folder.file("dead"));
    Deno.chmodSync(folder.file("dead"), 0o666);
    const { stdout } = await runDeno(
      `import { Observer } from "${OBSERVER}";
       for (const path of ["${path}", "${folder.file("dead")}"]) {
         try {
           Observer.bind(path);
         } catch ({ name, code, syscall, message }) {
           const [_, what] = /which may not be (\\w+)/.exec(message);
           console.log(name, code, syscall, what);
         }
       }`,
      ["--allow-ffi", "--allow-read"],
      { unprivileged: true },
    );
    assertEquals(stdout.split("\n"), [
      "PermissionDenied EACCES connect written",
      "PermissionDenied EPERM unlink removed",
    ]);
    assert(exists(folder.file("dead")));
    using agent = Varta.connect(path);
    agent.beat(Status.Ok);
    assertEquals(observer.receive()?.nonce, 1n);
  },
});

Deno.test({
  name:
    "Observer.bind() leaks nothing, and leaves no file, where no descriptor is left",
  ignore: notLinux,
  fn() {
    using folder = new TestFolder();
    const path = folder.file("socket");
    const before = openDescriptors();
    // It takes three: none of them is there, then one, then two.
    for (const spare of [0, 1, 2]) {
      const spares = Array.from(
        { length: spare },
        () => Deno.openSync("/dev/null"),
      );
      const error = withoutDescriptors(() => {
        for (const file of spares) file.close();
        return assertThrows(() => Observer.bind(path));
      });
      assertEquals((error as unknown as { code: string }).code, "EMFILE");
      assertEquals(exists(path), false);
    }
    assertEquals(openDescriptors(), before);
    Observer.bind(path).close();
  },
});

Deno.test("Observer.bind() throws TypeError or RangeError for what it cannot take, before any system call", () => {
  using folder = new TestFolder();
  const path = folder.file("socket");
  for (const wrong of ["", "a\0b", 7, null, new URL("http://host/a")]) {
    assertThrows(() => Observer.bind(wrong as string), TypeError);
  }
  assertThrows(() => Observer.bind("a".repeat(200)), RangeError);
  for (const mode of [-1, 0o1000, 0.5, NaN, "0600" as never]) {
    assertThrows(() => Observer.bind(path, { mode }), RangeError);
  }
  for (const version of [0, 3, "1", null] as never[]) {
    assertThrows(() => Observer.bind(path, { version }), RangeError);
  }
  assertEquals(exists(path), false);
});

Deno.test("Observer.close() removes its own socket, and never another's", () => {
  using folder = new TestFolder();
  const path = folder.file("socket");
  const first = Observer.bind(path);
  Deno.removeSync(path);
  const second = Observer.bind(path);
  first.close();
  assert(exists(path));
  using agent = Varta.connect(path);
  agent.beat(Status.Ok);
  assertEquals(second.receive()?.kind, "beat");
  second.close();
  assertEquals(exists(path), false);

  const third = Observer.bind(path);
  Deno.removeSync(path);
  Deno.writeTextFileSync(path, "precious");
  third.close();
  assertEquals(Deno.readTextFileSync(path), "precious");
});

Deno.test("Observer.close() closes once, and gives all descriptors back", () => {
  using folder = new TestFolder();
  const path = folder.file("socket");
  const before = openDescriptors();
  const observer = Observer.bind(path);
  observer.close();
  assertEquals(openDescriptors(), before);
  using other = Observer.bind(path); // has the numbers now
  observer.close();
  observer[Symbol.dispose]();
  assertEquals(other.receive(), null);
});

Deno.test({
  name:
    "Observer.bind() by many at once at a dead path leaves one of them, and the others told",
  ignore: notLinux,
  async fn() {
    using folder = new TestFolder();
    const path = folder.file("socket");
    const rounds = 100;
    const racers = Array.from(
      { length: 3 },
      () => new Worker(import.meta.resolve("./racer.ts"), { type: "module" }),
    );
    const ask = (racer: Worker, message: unknown) =>
      new Promise<string>((resolve) => {
        racer.onmessage = ({ data }) => resolve(data);
        racer.postMessage(message);
      });
    const askAll = (message: unknown) =>
      Promise.all(racers.map((racer) => ask(racer, message)));
    await askAll({ ready: true });
    const start = new Int32Array(new SharedArrayBuffer(4));
    for (let round = 1; round <= rounds; round++) {
      leaveDeadSocket(path);
      const answers = askAll({ path, start, round });
      Atomics.store(start, 0, round);
      assertEquals((await answers).sort(), ["AddrInUse", "AddrInUse", "bound"]);
      await askAll({ close: true });
      assertEquals(exists(path), false);
    }
    for (const racer of racers) racer.terminate();
  },
});
