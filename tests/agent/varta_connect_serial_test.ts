import {
  assert,
  assertEquals,
  assertMatch,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import type { SystemError } from "../../ffi/failure.ts";
import { system } from "../../ffi/system.ts";
import { type ConnectOptions, Status, Varta } from "../../mod.ts";
import { TestObserver } from "../support/observer.ts";
import {
  canDropPrivileges,
  canTrace,
  resultOf,
  runProgram,
} from "../support/process.ts";
import { TestFolder } from "../support/test_folder.ts";
import { testUnless } from "../support/test_unless.ts";

const MAX_PATH_LENGTH = system.SUN_PATH_LENGTH - 1;
const program = import.meta.resolve("./programs/connect.ts");

/** Asserts that a message is sent to the observer at `path` through `target`. */
function assertReaches(path: string, target: string | URL) {
  const observer = new TestObserver(path);
  using agent = Varta.connect(target);
  agent.beat(Status.Ok);
  assertEquals(observer.receive()?.nonce, 1n);
  observer.stop();
}

/** Asserts the whole error of a connect. */
function assertConnectError(
  path: string,
  ErrorClass: new (message: string) => Error,
  [code, syscall]: [code: string, syscall: string],
  cause: string,
) {
  const error = assertThrows(() => Varta.connect(path), ErrorClass);
  assertStrictEquals(error.constructor, ErrorClass);
  const { message, errno, ...rest } = error as SystemError;
  assertEquals(
    [errno, rest.code, rest.syscall],
    [system.errno[code], code, syscall],
  );
  assertEquals(
    message,
    `Cannot connect to ${
      JSON.stringify(path)
    }: ${cause} (${code} from ${syscall})`,
  );
}

Deno.test("Varta.connect() takes a string", () => {
  using folder = new TestFolder();
  assertReaches(folder.file("socket"), folder.file("socket"));
});

Deno.test("Varta.connect() takes a file URL, percent-encoded or not", () => {
  using folder = new TestFolder();
  for (const name of ["plain", "with space", "ü%", "100%", "%zz"]) {
    const path = folder.file(name);
    const base = new URL("file:///");
    base.pathname = `${folder.path}/`.replaceAll("%", "%25");
    const url = new URL(encodeURIComponent(name), base);
    assertReaches(path, url);
  }
});

Deno.test("Varta.connect() reads a single % in a file URL like Deno does", () => {
  using folder = new TestFolder();
  const url = new URL(`file://${encodeURI(folder.path)}/100%.sock`);
  assertReaches(folder.file("100%.sock"), url);
});

Deno.test("Varta.connect() takes the longest path that fits into sun_path", () => {
  using folder = new TestFolder();
  const { length } = new TextEncoder().encode(folder.path);
  const path = folder.file("x".repeat(MAX_PATH_LENGTH - length - 1));
  assertReaches(path, path);
  assertThrows(() => Varta.connect(`${path}x`), RangeError);
});

Deno.test("Varta.connect() throws TypeError or RangeError for an impossible path", () => {
  const paths: [unknown, typeof TypeError | typeof RangeError, string][] = [
    ["", TypeError, "it is empty"],
    ["/a\0b", TypeError, "it contains a NUL"],
    ["\0abstract", TypeError, "it contains a NUL"],
    [new URL("file:///a%00b"), TypeError, "it contains a NUL"],
    ["\ud800", TypeError, "it is not well-formed Unicode"],
    ["x".repeat(MAX_PATH_LENGTH + 1), RangeError, "choose a shorter path"],
    [new URL("https://example.com/a"), TypeError, "must begin with file:///"],
    [new URL("unix:/run/a"), TypeError, "must begin with file:///"],
    [new URL("file://host/a"), TypeError, "must begin with file:///"],
    [new URL("file:///%ff"), TypeError, "its path is not UTF-8"],
    [undefined, TypeError, "must be a string or a URL: received undefined"],
    [null, TypeError, "must be a string or a URL: received null"],
    [7, TypeError, "must be a string or a URL: received 7"],
    [{}, TypeError, "must be a string or a URL: received {}"],
  ];
  for (const [path, ErrorClass, message] of paths) {
    assertThrows(() => Varta.connect(path as string), ErrorClass, message);
  }
});

Deno.test("Varta.connect() says to pass a URL if a string begins with file:", () => {
  assertThrows(
    () => Varta.connect("file:///run/varta.sock"),
    Deno.errors.NotFound,
    "to use a file: URL, pass new URL(...) instead of a string",
  );
});

Deno.test("Varta.connect() throws for an unknown option value", () => {
  const values: [keyof ConnectOptions, unknown[], string][] = [
    ["version", [0, 3, 1.5, NaN, "1", null, 1n], "version must be 1 or 2"],
    [
      "reconnectAfter",
      [-1, 1.5, 2 ** 32, NaN, Infinity, "3", null, 3n],
      "must be an integer from 0 to 4294967295",
    ],
    ["nonce", ["", "random", 1, null, {}], 'nonce must be "count" or "clock"'],
  ];
  for (const [name, invalid, message] of values) {
    for (const value of invalid) {
      const options = { [name]: value } as ConnectOptions;
      const type = typeof value;
      const isOutOfRange = type === (name === "nonce" ? "string" : "number");
      assertThrows(
        () => Varta.connect("/nowhere", options),
        isOutOfRange ? RangeError : TypeError,
        message,
      );
    }
  }
  for (const lazy of [0, 1, "true", null, {}]) {
    assertThrows(
      () => Varta.connect("/nowhere", { lazy: lazy as boolean }),
      TypeError,
      "lazy must be a boolean",
    );
  }
  for (const options of [null, 1, "lazy"]) {
    assertThrows(
      () => Varta.connect("/nowhere", options as ConnectOptions),
      TypeError,
      "options must be an object: received",
    );
  }
});

Deno.test("Varta.connectUdp() refuses lazy", () => {
  assertThrows(
    () => Varta.connectUdp("127.0.0.1:9000", { lazy: true } as object),
    TypeError,
    "lazy is only for a Unix socket",
  );
});

Deno.test("Varta.connect() reads undefined options as their defaults", () => {
  using observer = new TestObserver();
  using agent = Varta.connect(observer.path, {
    version: undefined,
    reconnectAfter: undefined,
    lazy: undefined,
    nonce: undefined,
  });
  agent.beat(Status.Ok);
  const frame = observer.receive();
  assertEquals([frame?.version, frame?.nonce], [1, 1n]);
});

Deno.test("Varta.connect() reads each option once", () => {
  using observer = new TestObserver();
  const reads: string[] = [];
  const options = new Proxy({}, {
    get: (_, name) => void reads.push(String(name)),
  });
  Varta.connect(observer.path, options).close();
  assertEquals(reads.sort(), ["lazy", "nonce", "reconnectAfter", "version"]);
});

Deno.test("Varta cannot be constructed directly", () => {
  const Class = Varta as unknown as new () => Varta;
  assertThrows(() => new Class(), TypeError, "call Varta.connect() instead");
});

Deno.test("Varta.connect() throws NotFound if there is no file", () => {
  using folder = new TestFolder();
  assertConnectError(
    folder.file("none"),
    Deno.errors.NotFound,
    ["ENOENT", "connect"],
    "there is no such file: start the observer, or correct the path",
  );
  Deno.symlinkSync(folder.file("none"), folder.file("link"));
  assertThrows(() => Varta.connect(folder.file("link")), Deno.errors.NotFound);
});

Deno.test("Varta.connect() throws ConnectionRefused if nothing receives", () => {
  using folder = new TestFolder();
  Deno.writeTextFileSync(folder.file("plain"), "");
  Deno.mkdirSync(folder.file("directory"));
  new TestObserver(folder.file("killed")).stop();
  for (const name of ["plain", "directory", "killed"]) {
    assertConnectError(
      folder.file(name),
      Deno.errors.ConnectionRefused,
      ["ECONNREFUSED", "connect"],
      "nothing receives there: start the observer, or correct the path if the file is not the observer's socket",
    );
  }
});

Deno.test("Varta.connect() throws if the socket is a stream socket", () => {
  using folder = new TestFolder();
  const path = folder.file("stream");
  using _listener = Deno.listen({ transport: "unix", path });
  assertConnectError(
    path,
    Error,
    ["EPROTOTYPE", "connect"],
    "the socket there is not a datagram socket, so not an observer's: correct the path",
  );
});

Deno.test("Varta.connect() throws NotADirectory if a part of the path is a file", () => {
  using folder = new TestFolder();
  Deno.writeTextFileSync(folder.file("plain"), "");
  assertConnectError(
    folder.file("plain/socket"),
    Deno.errors.NotADirectory,
    ["ENOTDIR", "connect"],
    "a part of the path is not a directory: correct the path",
  );
});

Deno.test("Varta.connect() throws FilesystemLoop if symbolic links form a loop", () => {
  using folder = new TestFolder();
  Deno.symlinkSync(folder.file("loop"), folder.file("loop"));
  assertConnectError(
    folder.file("loop"),
    Deno.errors.FilesystemLoop,
    ["ELOOP", "connect"],
    "its symbolic links form a loop: correct the path",
  );
});

testUnless(
  // Root may write to everything.
  canDropPrivileges() ? undefined : "setpriv cannot be run",
  "Varta.connect() throws PermissionDenied if the socket may not be written",
  async () => {
    using observer = new TestObserver();
    Deno.chmodSync(observer.path, 0o400);
    const results = await resultOf(
      program,
      [JSON.stringify([[observer.path]])],
      ["--allow-ffi"],
      { unprivileged: true },
    );
    assertEquals(results, [{
      Class: "PermissionDenied",
      message: `Cannot connect to ${
        JSON.stringify(observer.path)
      }: permission denied: the user needs the right to write to the socket and to search its directories (EACCES from connect)`,
      code: "EACCES",
    }]);
  },
);

Deno.test("Varta.connect() throws NotCapable, and names the flag", async () => {
  type Results = { Class: string; message: string }[];
  const [{ Class, message }] = await resultOf<Results>(
    program,
    [JSON.stringify([["/nowhere"]])],
  );
  assertEquals(Class, "NotCapable");
  assertMatch(message, /--allow-ffi/);
});

Deno.test("Varta.connect() checks its input before it needs permission", async () => {
  const attempts = [[""], ["/a", { version: 3 }], [7], ["/a", null]];
  const results = await resultOf<{ Class: string }[]>(
    program,
    [JSON.stringify(attempts)],
  );
  assertEquals(
    results.map(({ Class }) => Class),
    ["TypeError", "RangeError", "TypeError", "TypeError"],
  );
});

Deno.test("Varta.connect() throws NotSupported on a system without such sockets", async () => {
  const windows = import.meta.resolve("./programs/connect_on_windows.ts");
  assertEquals(
    await resultOf(windows, [], ["--allow-all"]),
    ["NotSupported", "9"],
  );
});

testUnless(
  Deno.build.os === "linux" && canTrace() ? undefined : "strace cannot be run",
  "Varta.connect() makes the socket non-blocking after it connects",
  async () => {
    using folder = new TestFolder();
    const path = folder.file("observer.sock");
    const observer = new TestObserver(path);
    const { stderr } = await runProgram(
      program,
      [JSON.stringify([[path]])],
      ["--allow-ffi"],
      { trace: "socket,connect,bind,fcntl,ioctl" },
    );
    observer.stop();
    const calls = stderr.split("\n");
    const connected = calls.findIndex((call) =>
      call.includes(JSON.stringify(path))
    );
    const [socket, connect, fcntl] = calls.slice(connected - 1);
    assertMatch(socket, /socket\(AF_UNIX, SOCK_DGRAM\|SOCK_CLOEXEC, 0\)/);
    const fd = / = (\d+)$/.exec(socket)![1];
    assert(connect.includes(`connect(${fd}, {sa_family=AF_UNIX`));
    assertMatch(fcntl, RegExp(`fcntl\\(${fd}, F_SETFL, O_.*NONBLOCK`));
    assert(!calls.some((call) => call.startsWith(`bind(${fd}`)));
  },
);
