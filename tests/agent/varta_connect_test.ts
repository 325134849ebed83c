import {
  assert,
  assertEquals,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { system } from "../../ffi/system.ts";
import type { SystemError } from "../../ffi/failure.ts";
import { Status, Varta } from "../../mod.ts";
import { withoutDescriptors } from "../support/exhaustion.ts";
import { TestFolder, TestObserver } from "../support/observer.ts";
import {
  canDropPrivileges,
  canTrace,
  MODULE,
  openDescriptors,
  runDeno,
} from "../support/process.ts";

const MaxPathLength = system.SUN_PATH_LENGTH - 1;

/** Asserts the whole of a connect's error, and that it leaves no descriptor. */
function assertConnectError(
  path: string,
  ErrorClass: new (message: string) => Error,
  [code, syscall]: [code: string, syscall: string],
  cause: string,
) {
  const before = openDescriptors();
  const error = assertThrows(() => Varta.connect(path), ErrorClass);
  assertEquals(openDescriptors(), before);
  const { message, errno, ...said } = error as SystemError;
  assertEquals(
    [errno, said.code, said.syscall],
    [system.errno[code], code, syscall],
  );
  assertEquals(
    message,
    `Cannot connect to ${
      JSON.stringify(path)
    }: ${cause} (${code} from ${syscall})`,
  );
  assertStrictEquals(error.constructor, ErrorClass);
}

Deno.test("Varta.connect() takes a string", () => {
  using observer = new TestObserver();
  using agent = Varta.connect(observer.path);
  assertEquals(agent.beat(Status.Ok), { kind: "sent" });
  assertEquals(observer.receive()?.nonce, 1n);
});

Deno.test("Varta.connect() takes a file URL, percent-encoded or not", () => {
  using folder = new TestFolder();
  for (const name of ["plain", "with space", "ü%"]) {
    const observer = new TestObserver(folder.file(name));
    const url = new URL(`file://${folder.path}/${encodeURIComponent(name)}`);
    using agent = Varta.connect(url);
    agent.beat(Status.Ok);
    assertEquals(observer.receive()?.nonce, 1n);
    observer.stop();
  }
});

Deno.test("Varta.connect() takes a path of every byte that sun_path holds", () => {
  using folder = new TestFolder();
  const name = "x".repeat(MaxPathLength - folder.path.length - 1);
  const path = folder.file(name);
  assertEquals(path.length, MaxPathLength);
  const observer = new TestObserver(path);
  using agent = Varta.connect(path);
  agent.beat(Status.Ok);
  assertEquals(observer.receive()?.nonce, 1n);
  observer.stop();
  assertThrows(() => Varta.connect(`${path}x`), RangeError);
});

Deno.test("Varta.connect() takes a relative path", () => {
  using observer = new TestObserver();
  const directory = Deno.cwd();
  try {
    Deno.chdir(observer.path.slice(0, observer.path.lastIndexOf("/")));
    using agent = Varta.connect("observer.sock");
    agent.beat(Status.Ok);
    assertEquals(observer.receive()?.nonce, 1n);
  } finally {
    Deno.chdir(directory);
  }
});

Deno.test("Varta.connect() throws TypeError or RangeError on a path that cannot be", () => {
  const paths: [unknown, typeof TypeError | typeof RangeError, string][] = [
    ["", TypeError, "empty path"],
    ["/a\0b", TypeError, "it holds a NUL"],
    ["\0abstract", TypeError, "it holds a NUL"],
    [new URL("file:///a%00b"), TypeError, "it holds a NUL"],
    ["x".repeat(MaxPathLength + 1), RangeError, "sun_path holds"],
    [new URL("https://example.com/a"), TypeError, "must begin with file:///"],
    [new URL("unix:/run/a"), TypeError, "must begin with file:///"],
    [new URL("file://host/a"), TypeError, "must begin with file:///"],
    [new URL("file:///%ff"), TypeError, "its path is not UTF-8"],
    [undefined, TypeError, "must be a string or a URL: received undefined"],
    [null, TypeError, "must be a string or a URL: received null"],
    [7, TypeError, "must be a string or a URL: received number"],
    [{}, TypeError, "must be a string or a URL: received object"],
  ];
  for (const [path, ErrorClass, message] of paths) {
    const before = openDescriptors();
    assertThrows(() => Varta.connect(path as string), ErrorClass, message);
    assertEquals(openDescriptors(), before);
  }
});

Deno.test("Varta.connect() throws RangeError on an unknown option value", () => {
  using observer = new TestObserver();
  const before = openDescriptors();
  for (const version of [0, 3, 1.5, NaN, "1", null, 1n]) {
    assertThrows(
      () => Varta.connect(observer.path, { version: version as 1 }),
      RangeError,
      "version must be 1 or 2",
    );
  }
  for (const drops of [-1, 1.5, 2 ** 32, NaN, Infinity, "3", null, 3n]) {
    assertThrows(
      () => Varta.connect(observer.path, { reconnectAfter: drops as number }),
      RangeError,
      "must be an integer from 0 to 4294967295",
    );
  }
  assertEquals(openDescriptors(), before);
});

Deno.test("Varta.connect() takes undefined options as their defaults", () => {
  using observer = new TestObserver();
  using agent = Varta.connect(observer.path, {
    version: undefined,
    reconnectAfter: undefined,
  });
  agent.beat(Status.Ok);
  assertEquals(observer.receive()?.version, 1);
});

Deno.test("Varta.connect() throws NotFound where there is no file", () => {
  using folder = new TestFolder();
  assertConnectError(
    folder.file("none"),
    Deno.errors.NotFound,
    ["ENOENT", "connect"],
    "there is no such file: start the observer, or correct the path",
  );
});

Deno.test("Varta.connect() throws NotFound where a link dangles", () => {
  using folder = new TestFolder();
  Deno.symlinkSync(folder.file("none"), folder.file("link"));
  assertThrows(() => Varta.connect(folder.file("link")), Deno.errors.NotFound);
});

Deno.test("Varta.connect() throws ConnectionRefused where nothing receives", () => {
  using folder = new TestFolder();
  Deno.writeTextFileSync(folder.file("plain"), "");
  Deno.mkdirSync(folder.file("directory"));
  const dead = new TestObserver(folder.file("dead"));
  dead.stop();
  for (const name of ["plain", "directory", "dead"]) {
    assertConnectError(
      folder.file(name),
      Deno.errors.ConnectionRefused,
      ["ECONNREFUSED", "connect"],
      "nothing receives there: start the observer, or correct the path where it is not the observer's socket",
    );
  }
});

Deno.test("Varta.connect() throws where the socket there is a stream socket", () => {
  using folder = new TestFolder();
  using _listener = Deno.listen({
    transport: "unix",
    path: folder.file("stream"),
  });
  assertConnectError(
    folder.file("stream"),
    Error,
    ["EPROTOTYPE", "connect"],
    "the socket there is not a datagram socket, so not an observer's: correct the path",
  );
});

Deno.test("Varta.connect() throws NotADirectory where a part of the path is a file", () => {
  using folder = new TestFolder();
  Deno.writeTextFileSync(folder.file("plain"), "");
  assertConnectError(
    folder.file("plain/socket"),
    Deno.errors.NotADirectory,
    ["ENOTDIR", "connect"],
    "a part of the path is not a directory: correct the path",
  );
});

Deno.test("Varta.connect() throws FilesystemLoop where links lead in a circle", () => {
  using folder = new TestFolder();
  Deno.symlinkSync(folder.file("circle"), folder.file("circle"));
  assertConnectError(
    folder.file("circle"),
    Deno.errors.FilesystemLoop,
    ["ELOOP", "connect"],
    "its symbolic links lead in a circle",
  );
});

Deno.test({
  name:
    "Varta.connect() throws PermissionDenied where the socket may not be written",
  // Root may write everything, unless it steps down.
  ignore: !canDropPrivileges(),
  async fn() {
    using observer = new TestObserver();
    Deno.chmodSync(observer.path, 0o400);
    const { stdout } = await runDeno(
      `import { Varta } from "${MODULE}";
       try {
         Varta.connect("${observer.path}");
       } catch (error) {
         console.log(error.constructor === Deno.errors.PermissionDenied);
         console.log(error.code, error.message);
       }`,
      ["--allow-ffi"],
      { unprivileged: true },
    );
    assertEquals(
      stdout,
      `true\nEACCES Cannot connect to "${observer.path}": permission is denied: it takes the right to write to the socket and to search its directories (EACCES from connect)`,
    );
  },
});

Deno.test({
  name:
    "Varta.connect() throws where no descriptor is left, and works again when one is",
  ignore: Deno.build.os !== "linux",
  fn() {
    using observer = new TestObserver();
    const error = withoutDescriptors(() =>
      assertThrows(() => Varta.connect(observer.path), Error)
    ) as SystemError;
    assertEquals(
      { ...error },
      { errno: 24, code: "EMFILE", syscall: "socket" },
    );
    assertEquals(
      error.message,
      `Cannot connect to "${observer.path}": this process has no descriptor left: close some, or raise its limit (ulimit -n) (EMFILE from socket)`,
    );
    using agent = Varta.connect(observer.path);
    assertEquals(agent.beat(Status.Ok), { kind: "sent" });
  },
});

Deno.test("Varta.connect() throws NotCapable, and names the flag, without FFI permission", async () => {
  const { stdout } = await runDeno(
    `import { Varta } from "${MODULE}";
     try {
       Varta.connect("/nowhere");
     } catch (error) {
       console.log(error.constructor === Deno.errors.NotCapable);
       console.log(error.message.includes("--allow-ffi"));
     }`,
  );
  assertEquals(stdout, "true\ntrue");
});

Deno.test("Varta.connect() checks its input before it asks for permission", async () => {
  const { stdout } = await runDeno(
    `import { Varta } from "${MODULE}";
     for (const args of [[""], ["/a", { version: 3 }], [7]]) {
       try { Varta.connect(...args); } catch (error) { console.log(error.name); }
     }`,
  );
  assertEquals(stdout, "TypeError\nRangeError\nTypeError");
});

Deno.test("Varta.connect() throws NotSupported where Unix datagram sockets are not", async () => {
  const { stdout } = await runDeno(
    `Object.defineProperty(Deno, "build", {
       value: { ...Deno.build, os: "windows" },
     });
     const { decodeFrame, encodeFrame, Varta } = await import("${MODULE}");
     try {
       Varta.connect("/nowhere");
     } catch (error) {
       console.log(error.constructor === Deno.errors.NotSupported);
     }
     const bytes = new Uint8Array(32);
     encodeFrame({
       version: 1, status: 0, pid: 2, timestamp: 0n, nonce: 1n, payload: 9n,
     }, bytes);
     console.log(decodeFrame(bytes).payload);`,
    ["--allow-all"],
  );
  assertEquals(stdout, "true\n9n");
});

Deno.test({
  name:
    "Varta.connect() makes a socket, connects it, then makes it non-blocking",
  ignore: Deno.build.os !== "linux" || !canTrace(),
  async fn() {
    using observer = new TestObserver();
    const { stderr } = await runDeno(
      `import { Varta } from "${MODULE}"; Varta.connect("${observer.path}");`,
      ["--allow-ffi"],
      { trace: "socket,connect,bind,fcntl,ioctl" },
    );
    const calls = stderr.split("\n");
    const connected = calls.findIndex((call) => call.includes(observer.path));
    const socket = calls[connected - 1];
    const fd = / = (\d+)$/.exec(socket)![1];
    assert(/socket\(AF_UNIX, SOCK_DGRAM\|SOCK_CLOEXEC, 0\)/.test(socket));
    assert(calls[connected].includes(`connect(${fd}, {sa_family=AF_UNIX`));
    assert(
      new RegExp(`fcntl\\(${fd}, F_SETFL, O_.*NONBLOCK`).test(
        calls[connected + 1],
      ),
    );
  },
});
