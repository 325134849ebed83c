import { assert, assertEquals } from "@std/assert";
import { system } from "../ffi/system.ts";
import { Varta } from "../mod.ts";
import { Observer } from "../src/observer/mod.ts";
import { TestFolder, TestObserver } from "./support/observer.ts";
import { AS_PID_1, noPidNamespace } from "./support/pid_namespace.ts";
import {
  canDropPrivileges,
  type ChildOptions,
  isEmulated,
  resultOf,
  runProgram,
} from "./support/process.ts";
import { notLinux, testUnless } from "./support/test_unless.ts";
import { exists } from "./support/until.ts";
import { runUserTests } from "./support/user_tests.ts";

const PAGE = new URL("../.github/PROBLEMS.md", import.meta.url);
const page = Deno.readTextFileSync(PAGE);
const quotes = Array.from(
  page.matchAll(/```text\n(.*?)\n```/gs),
  ([, lines]) => lines.split("\n"),
).flat();

let problems = 0;

/**
 * Declares a test of a quoted message.
 *
 * @param provoke Returns the message, from a path that has no file yet.
 * @param reason Why it cannot be provoked here, if so.
 */
function testQuote(
  name: string,
  provoke: (path: string) => string | Promise<string>,
  reason?: string,
): void {
  problems++;
  testUnless(reason, `PROBLEMS.md quotes the message ${name}`, async () => {
    using folder = new TestFolder();
    const path = folder.file("varta.sock");
    const message = (await provoke(path))
      .replace(JSON.stringify(path), '"/tmp/varta.sock"');
    assert(quotes.includes(message), `${message}\nis not in\n${page}`);
  });
}

/** Returns what Deno prints of the error that a function throws. */
function messageOf(fn: () => unknown): string {
  try {
    fn();
  } catch (error) {
    return String(error);
  }
  throw new Error("It does not throw");
}

/** Connects in a process of its own, and returns its error like `messageOf`. */
async function connectElsewhere(
  path: string,
  flags: string[],
  options?: ChildOptions,
): Promise<string> {
  type Results = { Class: string; message: string }[];
  const [{ Class, message }] = await resultOf<Results>(
    import.meta.resolve("./agent/programs/connect.ts"),
    [JSON.stringify([[path, { version: 2 }]])],
    flags,
    options,
  );
  return `${Class}: ${message}`;
}

testQuote("without FFI permission", async (path) => {
  const message = await connectElsewhere(path, []);
  const [expected] = system.libraryPaths;
  return message.replace(expected, "/lib/x86_64-linux-gnu/libc.so.6");
});

const absentPath = system.libraryPaths.find((path) => !exists(path));
testQuote(
  "if the C library is not at its path",
  async (path) => {
    const flags = [`--allow-ffi=${absentPath}`];
    const message = await connectElsewhere(path, flags);
    return message.replace(absentPath!, "/lib64/libc.so.6");
  },
  absentPath ? undefined : "the C library is at every known path",
);

testQuote("without env permission", async () => {
  const program = import.meta.resolve("./systemd/programs/notify.ts");
  return (await runProgram(program, [], ["--allow-ffi"])).stdout;
});

testQuote(
  "if there is no file",
  (path) => messageOf(() => Varta.connect(path)),
);

testQuote("if nothing receives", (path) => {
  new TestObserver(path).stop();
  return messageOf(() => Varta.connect(path));
});

testQuote("if the socket is of another kind", (path) => {
  using _server = Deno.listen({ transport: "unix", path });
  return messageOf(() => Varta.connect(path));
});

testQuote(
  "if the user may not write",
  async (path) => {
    using _observer = new TestObserver(path);
    Deno.chmodSync(path, 0o400);
    const options = { unprivileged: true };
    return await connectElsewhere(path, ["--allow-ffi"], options);
  },
  canDropPrivileges() ? undefined : "setpriv cannot be run",
);

testQuote("if the path is too long", () => {
  const long = "x".repeat(104);
  const message = messageOf(() => Varta.connect(`/tmp/${long}/varta.sock`));
  return message.replace(long, "…")
    .replace(`at most ${system.SUN_PATH_LENGTH - 1}`, "at most 107");
});

testQuote(
  "if the process has pid 1",
  (path) => connectElsewhere(path, ["--allow-ffi"], { under: AS_PID_1 }),
  noPidNamespace,
);

testQuote("if the process has no descriptor left", async (path) => {
  const { errors: [{ message }] } = await resultOf<
    { errors: { message: string }[] }
  >(
    import.meta.resolve("./agent/programs/without_descriptors.ts"),
    [path],
    ["--allow-all"],
  );
  return `Error: ${message}`;
}, notLinux);

testQuote("if the system is Windows", async () => {
  const program = import.meta.resolve("./ffi/programs/libc_on_system.ts");
  const { stdout } = await runProgram(program, ["windows"], ["--allow-all"]);
  return stdout.replace("imported\n", "");
});

testQuote("of a panic handler in a Worker", async () => {
  const program = import.meta.resolve("./panic/programs/in_worker.ts");
  return (await runProgram(program, ["web"], ["--allow-read"])).stdout;
});

testQuote("if another observer receives", (path) => {
  using _observer = new TestObserver(path);
  return messageOf(() => Observer.bind(path));
});

testQuote("if a server receives", (path) => {
  using _server = Deno.listen({ transport: "unix", path });
  return messageOf(() => Observer.bind(path));
});

testQuote("if a file is at the path", (path) => {
  Deno.writeTextFileSync(path, "");
  return messageOf(() => Observer.bind(path));
});

testQuote("if a directory is at the path", (path) => {
  Deno.mkdirSync(path);
  return messageOf(() => Observer.bind(path));
});

testQuote("if a symbolic link is at the path", (path) => {
  Deno.symlinkSync("/nowhere", path);
  return messageOf(() => Observer.bind(path));
});

testQuote("of a test that opens the C library", async (path) => {
  using _observer = new TestObserver(path);
  const tests = import.meta.resolve("./process/programs/late_import_tests.ts");
  const { leaks: [leak] } = await runUserTests(tests, path);
  return leak.replace("  - ", "");
});

Deno.test("PROBLEMS.md quotes no message that no test provokes", () => {
  assertEquals(new Set(quotes).size, problems);
});

testUnless(
  isEmulated ? "the emulator does not start deno by its name" : undefined,
  "Varta.connect() needs the flag of deno install, not of its script",
  async () => {
    using folder = new TestFolder();
    Deno.symlinkSync(Deno.execPath(), folder.file("deno"));
    const program = import.meta.resolve("./process/programs/attempt.ts");
    const env = { PATH: `${folder.path}:${Deno.env.get("PATH")}` };
    for (const flags of [["--allow-ffi"], []]) {
      const { success } = await new Deno.Command(Deno.execPath(), {
        args: [
          ...["install", "--global", "--force", "--no-config"],
          ...["--root", folder.path, "--name", "attempt", ...flags, program],
        ],
        stdout: "null",
        stderr: "null",
      }).output();
      assert(success);
      using observer = new TestObserver();
      const { stdout } = await new Deno.Command(folder.file("bin/attempt"), {
        args: [observer.path, "--allow-ffi"],
        env,
        stdin: "null",
      }).output();
      const result = JSON.parse(new TextDecoder().decode(stdout));
      assertEquals(
        result.replace(/:.*/, ""),
        flags.length > 0 ? "sent" : "NotCapable",
      );
    }
  },
);
