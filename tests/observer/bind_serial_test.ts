import { assert, assertEquals, assertThrows } from "@std/assert";
import { isFailure, type SystemError } from "../../ffi/failure.ts";
import { BoundSocket } from "../../ffi/receiving/bound_socket.ts";
import { PathLock } from "../../ffi/receiving/path_lock.ts";
import { unixAddress } from "../../ffi/socket_address.ts";
import { system } from "../../ffi/system.ts";
import { Status, Varta } from "../../mod.ts";
import { Observer } from "../../src/observer/mod.ts";
import { TestObserver } from "../support/observer.ts";
import {
  canDropPrivileges,
  canTrace,
  hasProgram,
  openDescriptors,
  resultOf,
  runProgram,
} from "../support/process.ts";
import { TestFolder } from "../support/test_folder.ts";
import { testUnless } from "../support/test_unless.ts";
import { exists } from "../support/until.ts";
import { cannotLeaveProc, WITHOUT_PROC } from "../support/without_proc.ts";
import type { BindResult } from "./programs/bind.ts";
import type { ExhaustionReport } from "./programs/bind_without_descriptors.ts";
import type { Round } from "./programs/binding_worker.ts";

const { EADDRINUSE } = system.errno;

const BIND = import.meta.resolve("./programs/bind.ts");
const BIND_FLAGS = ["--allow-ffi", "--allow-sys", "--allow-read"];

/** Runs a command with a file system without inodes at the path in `$1`. */
const ON_FULL_DISK = [
  ...["unshare", "--mount", "sh", "-c"],
  'mount -t tmpfs -o nr_inodes=1 none "$1" && shift && exec "$@"',
  "sh",
];

const notLinux = Deno.build.os === "linux" ? undefined : "not Linux";
const notRoot = Deno.uid() === 0 ? undefined : "only for root";
const cannotTrace = canTrace() ? undefined : "strace does not work";
const cannotMount = hasProgram("unshare", "--mount", "true")
  ? undefined
  : "no file system can be mounted";

function modeOf(path: string): number {
  return Deno.lstatSync(path).mode! & 0o777;
}

/** Leaves the file of a closed socket at the path. */
function leaveSocketFile(path: string): void {
  const socket = new BoundSocket(unixAddress(path));
  assertEquals(socket.bind(), undefined);
  socket.close();
}

/** Asserts that an observer receives what is sent to the path. */
function assertReceives(observer: Observer, path: string): void {
  using agent = Varta.connect(path, { nonce: "clock" });
  agent.beat(Status.Ok);
  assertEquals(observer.receive()?.kind, "beat");
}

/** Returns the properties of the error that `Observer.bind` throws. */
function failToBind(path: string) {
  const before = openDescriptors();
  const error = assertThrows(() => Observer.bind(path)) as SystemError;
  assertEquals(openDescriptors(), before);
  const { name, errno, code, syscall, message } = error;
  return { name, errno, code, syscall, message };
}

/** The properties of an error because the path is taken. */
function takenError(name: string, path: string, cause: string) {
  return {
    name,
    errno: EADDRINUSE,
    code: "EADDRINUSE",
    syscall: "bind",
    message: `Cannot bind to ${
      JSON.stringify(path)
    }: ${cause} (EADDRINUSE from bind)`,
  };
}

Deno.test("Observer.bind() receives at a path or a URL", () => {
  using folder = new TestFolder();
  const path = folder.file("ü socket");
  for (const place of [path, new URL(`file://${path}`)]) {
    using observer = Observer.bind(place);
    assertReceives(observer, path);
  }
});

Deno.test("Observer.bind() sets the mode, by default 0600, whatever the umask", () => {
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

testUnless(
  cannotLeaveProc,
  "Observer.bind() says what to do if it cannot set the mode without /proc",
  async () => {
    using folder = new TestFolder();
    const path = folder.file("socket");
    const options = { under: WITHOUT_PROC };
    const [{ mode, error }] = await resultOf<BindResult[]>(
      BIND,
      ["666", "077", path],
      BIND_FLAGS,
      options,
    );
    // glibc since 2.39 needs no /proc on Linux since 6.6.
    if (error === undefined) return assertEquals(mode, 0o666);
    assertEquals([error.code, error.syscall], ["EOPNOTSUPP", "fchmodat"]);
    assert(error.message.includes("mount /proc"), error.message);
    assertEquals(exists(path), false);
  },
);

testUnless(
  notLinux ?? cannotTrace,
  "Observer.bind() configures the socket before an agent can send to it",
  async () => {
    using folder = new TestFolder();
    const trace = "setsockopt,fchmod,bind,chmod,fchmodat,?fchmodat2";
    const args = ["640", "0", folder.file("socket")];
    const { stderr } = await runProgram(BIND, args, BIND_FLAGS, { trace });
    // Deno itself made the calls before, for its cache.
    const calls = stderr.split("\n").slice(-4);
    const names = calls.map((call) => /^\w+/.exec(call)?.[0]);
    const expected = ["setsockopt", "setsockopt", "fchmod", "bind"];
    assertEquals(names, expected, stderr);
  },
);

Deno.test("Observer.bind() throws AddrInUse if an observer receives there", () => {
  using folder = new TestFolder();
  const path = folder.file("socket");
  using observer = Observer.bind(path);
  const cause =
    "another observer receives there: close that one, or choose another path";
  assertEquals(failToBind(path), takenError("AddrInUse", path, cause));
  assertReceives(observer, path);
});

Deno.test("Observer.bind() throws AddrInUse if an observer's queue is full", () => {
  using folder = new TestFolder();
  const path = folder.file("socket");
  using _observer = Observer.bind(path);
  using agent = Varta.connect(path);
  while (agent.beat(Status.Ok).kind === "sent");
  assertEquals(failToBind(path).name, "AddrInUse");
});

Deno.test("Observer.bind() throws AddrInUse if a stream socket is there", () => {
  using folder = new TestFolder();
  const path = folder.file("stream");
  const listener = Deno.listen({ transport: "unix", path });
  const cause =
    "a socket that is not a datagram socket receives there: choose another path";
  assertEquals(failToBind(path), takenError("AddrInUse", path, cause));
  assert(exists(path));
  listener.close();
});

Deno.test("Observer.bind() replaces the file of a closed socket", () => {
  using folder = new TestFolder();
  const path = folder.file("socket");
  leaveSocketFile(path);
  using observer = Observer.bind(path);
  assertEquals(modeOf(path), 0o600);
  assertReceives(observer, path);
});

testUnless(
  notLinux,
  "Observer.bind() replaces the file of a killed process",
  async () => {
    using folder = new TestFolder();
    const path = folder.file("socket");
    const program = import.meta.resolve("./programs/end.ts");
    await runProgram(program, [path, "kill"], ["--allow-all"]);
    assert(exists(path));
    Observer.bind(path).close();
  },
);

Deno.test("Observer.bind() waits for the lock of a path", () => {
  using folder = new TestFolder();
  const path = folder.file("socket");
  leaveSocketFile(path);
  const lock = PathLock.take(path);
  assert(!isFailure(lock));
  const { wait } = Atomics;
  // Its owner releases it while the call sleeps.
  const unlock = () => (lock.release(), "timed-out");
  try {
    Object.assign(Atomics, { wait: unlock });
    Observer.bind(path).close();
  } finally {
    Object.assign(Atomics, { wait });
  }
});

testUnless(
  canDropPrivileges() ? undefined : "root can read every directory",
  "Observer.bind() replaces a file in a directory that it cannot read",
  async () => {
    using folder = new TestFolder();
    const path = folder.file("socket");
    leaveSocketFile(path);
    Deno.chmodSync(folder.path, 0o300);
    // Nor can it read what it creates, because of its umask.
    const args = ["600", "777", path];
    const options = { unprivileged: true };
    const results = await resultOf(BIND, args, BIND_FLAGS, options);
    assertEquals(results, [{ mode: 0o600 }]);
    Deno.chmodSync(folder.path, 0o700);
    assertEquals([...Deno.readDirSync(folder.path)], []);
  },
);

testUnless(
  hasProgram("flock") ? undefined : "there is no flock",
  "Observer.bind() replaces a file also if others keep the directory locked",
  async () => {
    using folder = new TestFolder();
    const path = folder.file("socket");
    leaveSocketFile(path);
    const child = new Deno.Command("flock", {
      args: [folder.path, "sh", "-c", "echo locked; cat"],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    const output = child.stdout.getReader();
    await output.read();
    Observer.bind(path).close();
    assertEquals([...Deno.readDirSync(folder.path)], []);
    await child.stdin.close();
    await output.cancel();
    await child.status;
  },
);

Deno.test("Observer.bind() throws WouldBlock if the path stays locked", () => {
  using folder = new TestFolder();
  const path = folder.file("socket");
  const lock = PathLock.take(path);
  assert(!isFailure(lock));
  // Not for a free path, which needs no lock.
  Observer.bind(path).close();
  leaveSocketFile(path);
  const start = performance.now();
  assertEquals(failToBind(path), {
    name: "WouldBlock",
    errno: system.errno.EAGAIN,
    code: "EAGAIN",
    syscall: "flock",
    message: `Cannot bind to ${
      JSON.stringify(path)
    }: another observer is being started there: try again (EAGAIN from flock)`,
  });
  assert(performance.now() - start < 500);
  assert(exists(path));
  lock.release();
  Observer.bind(path).close();
});

Deno.test("Observer.bind() throws AlreadyExists if no socket is there", () => {
  using folder = new TestFolder();
  leaveSocketFile(folder.file("closed"));
  Deno.writeTextFileSync(folder.file("plain"), "content");
  Deno.mkdirSync(folder.file("directory"));
  Deno.symlinkSync(folder.file("none"), folder.file("dangling"));
  Deno.symlinkSync(folder.file("closed"), folder.file("link"));
  new Deno.Command("mkfifo", { args: [folder.file("fifo")] }).outputSync();
  const files = {
    plain: "file",
    directory: "directory",
    dangling: "symbolic link",
    link: "symbolic link",
    fifo: "FIFO",
  };
  for (const [name, type] of Object.entries(files)) {
    const path = folder.file(name);
    const cause =
      `a ${type} is there, not a socket: remove it, or choose another path`;
    assertEquals(failToBind(path), takenError("AlreadyExists", path, cause));
    assert(exists(path));
  }
  assert(exists(folder.file("closed")));
  assertEquals(Deno.readTextFileSync(folder.file("plain")), "content");
});

Deno.test("Observer.bind() says what to do if the directory is wrong", () => {
  using folder = new TestFolder();
  Deno.writeTextFileSync(folder.file("plain"), "");
  const cases = [
    ["none/socket", "ENOENT", "NotFound", "does not exist: create it"],
    ["plain/socket", "ENOTDIR", "NotADirectory", "is not a directory: correct"],
  ];
  for (const [file, code, name, advice] of cases) {
    const error = failToBind(folder.file(file));
    const { errno, syscall, message } = error;
    assertEquals({ name: error.name, code: error.code }, { name, code });
    assertEquals([errno, syscall], [system.errno[code], "bind"]);
    assert(message.includes(advice), message);
  }
});

testUnless(
  cannotMount,
  "Observer.bind() says what to do if the disk is full",
  async () => {
    using folder = new TestFolder();
    const [{ error }] = await resultOf<BindResult[]>(
      BIND,
      ["600", "0", folder.file("socket")],
      BIND_FLAGS,
      { under: [...ON_FULL_DISK, folder.path] },
    );
    assertEquals([error?.code, error?.syscall], ["ENOSPC", "bind"]);
    assert(error!.message.includes("delete some files"), error!.message);
  },
);

testUnless(
  notLinux ?? notRoot,
  "Observer.bind() leaves files that it cannot check or remove",
  async () => {
    using folder = new TestFolder();
    // All users can create files here, and remove only their own.
    Deno.chmodSync(folder.path, 0o1777);
    const path = folder.file("socket");
    using observer = new TestObserver(path);
    Deno.chmodSync(path, 0o444);
    leaveSocketFile(folder.file("closed"));
    Deno.chmodSync(folder.file("closed"), 0o666);
    // Both belong to another user.
    for (const file of [path, folder.file("closed")]) {
      Deno.chownSync(file, 65534, 65534);
    }
    Deno.chownSync(folder.path, 65534, 65534);
    const results = await resultOf<BindResult[]>(
      BIND,
      ["600", "0", path, folder.file("closed")],
      BIND_FLAGS,
      { unprivileged: true },
    );
    assertEquals(
      results.map(({ error }) => [error?.name, error?.code, error?.syscall]),
      [
        ["PermissionDenied", "EACCES", "connect"],
        ["PermissionDenied", "EPERM", "unlink"],
      ],
    );
    assert(results[0].error!.message.includes("cannot write to"));
    assert(results[1].error!.message.includes("cannot remove"));
    assert(exists(folder.file("closed")));
    using agent = Varta.connect(path);
    agent.beat(Status.Ok);
    assertEquals(observer.receive()?.nonce, 1n);
  },
);

testUnless(
  notLinux,
  "Observer.bind() leaks nothing if no descriptor is left",
  async () => {
    const program = import.meta.resolve(
      "./programs/bind_without_descriptors.ts",
    );
    const run = (path: string, spare: number) =>
      resultOf<ExhaustionReport>(program, [path, `${spare}`], ["--allow-all"]);
    const expected: ExhaustionReport = {
      code: "EMFILE",
      leftFile: false,
      leftDescriptors: 0,
      canBind: true,
    };
    using folder = new TestFolder();
    assertEquals(await run(folder.file("new"), 0), expected);
    leaveSocketFile(folder.file("closed"));
    // The first one is for the lock.
    for (const spare of [0, 1]) {
      assertEquals(await run(folder.file("closed"), spare), expected);
      leaveSocketFile(folder.file("closed"));
    }
  },
);

Deno.test("Observer.bind() checks its arguments before any system call", () => {
  using folder = new TestFolder();
  const path = folder.file("socket");
  for (const wrong of ["", "a\0b", 7, null, new URL("http://host/a")]) {
    assertThrows(() => Observer.bind(wrong as string), TypeError);
  }
  assertThrows(() => Observer.bind("a".repeat(200)), RangeError);
  const outOfRange = {
    mode: [-1, 0o1000, 0.5, NaN],
    version: [0, 3],
    release: ["", "0.1.0"],
  };
  const ofWrongType = {
    mode: ["0600", null, 384n],
    version: ["1", null],
    release: [2, null, {}],
  };
  const check = (
    values: Record<string, unknown[]>,
    Class: ErrorConstructor,
  ) => {
    for (const [name, list] of Object.entries(values)) {
      for (const value of list) {
        const bind = () => Observer.bind(path, { [name]: value });
        const start = `Cannot bind to ${
          JSON.stringify(path)
        }: ${name} must be `;
        assertThrows(bind, Class, start);
      }
    }
  };
  check(outOfRange, RangeError);
  check(ofWrongType, TypeError);
  for (const options of [null, 7, "mode"] as never[]) {
    const bind = () => Observer.bind(path, options);
    assertThrows(bind, TypeError, "options must be an object: received");
  }
  assertEquals(exists(path), false);
});

Deno.test("Observer.close() removes its own file, and no other", () => {
  using folder = new TestFolder();
  const path = folder.file("socket");
  const first = Observer.bind(path);
  Deno.removeSync(path);
  const second = Observer.bind(path);
  first.close();
  assertReceives(second, path);
  second.close();
  assertEquals(exists(path), false);

  const third = Observer.bind(path);
  Deno.removeSync(path);
  Deno.writeTextFileSync(path, "content");
  third.close();
  assertEquals(Deno.readTextFileSync(path), "content");
});

Deno.test("Observer.close() closes every descriptor, and does so once", () => {
  using folder = new TestFolder();
  const path = folder.file("socket");
  const before = openDescriptors();
  const observer = Observer.bind(path);
  observer.close();
  assertEquals(openDescriptors(), before);
  using other = Observer.bind(path); // has the same number
  observer.close();
  observer[Symbol.dispose]();
  assertReceives(other, path);
});

testUnless(
  notLinux,
  "Observer.bind() by several at once succeeds for one",
  async () => {
    using folder = new TestFolder();
    const path = folder.file("socket");
    const program = import.meta.resolve("./programs/binding_worker.ts");
    const workers = [1, 2, 3].map(() =>
      new Worker(program, { type: "module" })
    );
    const post = (message: Round | "close") =>
      Promise.all(workers.map((worker) =>
        new Promise<string>((resolve) => {
          worker.onmessage = ({ data }) => resolve(data);
          worker.postMessage(message);
        })
      ));
    await post("close");
    const start = new Int32Array(new SharedArrayBuffer(4));
    for (let round = 1; round <= 100; round++) {
      leaveSocketFile(path);
      const results = post({ path, start, round });
      Atomics.store(start, 0, round);
      const [first, second, third] = (await results).sort();
      // On a busy machine, one may keep the lock for too long.
      for (const name of [first, second]) {
        assert(["AddrInUse", "WouldBlock"].includes(name), name);
      }
      assertEquals(third, "bound");
      await post("close");
      assertEquals(exists(path), false);
    }
    for (const worker of workers) worker.terminate();
  },
);
