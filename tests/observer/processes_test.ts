import { assert, assertEquals, assertMatch } from "@std/assert";
import { system } from "../../ffi/system.ts";
import { Observer } from "../../src/observer/mod.ts";
import { libraryPath } from "../support/library_path.ts";
import { resultOf, runProgram } from "../support/process.ts";
import { TestFolder } from "../support/test_folder.ts";
import { testUnless } from "../support/test_unless.ts";
import { runUserTests } from "../support/user_tests.ts";

function program(name: string): string {
  return import.meta.resolve(`./programs/${name}.ts`);
}

Deno.test("Observer without a loop does not keep the process alive", async () => {
  using folder = new TestFolder();
  const args = [folder.file("socket")];
  assertEquals(await runProgram(program("keep_alive"), args, ["--allow-ffi"]), {
    code: 0,
    stdout: "beat\nbeat\nstalled",
    stderr: "",
  });
});

Deno.test("Observer with a loop lets the process end in every way", async () => {
  using folder = new TestFolder();
  const path = folder.file("socket");
  for (const [ending, expected] of [["close", 0], ["exit", 3], ["throw", 1]]) {
    const args = [path, `${ending}`];
    const { code } = await runProgram(program("end"), args, ["--allow-ffi"]);
    assertEquals(code, expected, `${ending}`);
  }
});

Deno.test("Observer in a terminated Worker lets the process end", async () => {
  using folder = new TestFolder();
  const args = [folder.file("socket")];
  const flags = ["--allow-ffi", "--allow-read"];
  assertEquals(await runProgram(program("terminate"), args, flags), {
    code: 0,
    stdout: "terminated",
    stderr: "",
  });
});

Deno.test("Observer passes the sanitizers of a user's tests", async () => {
  using folder = new TestFolder();
  const file = program("user_tests");
  const { success, output, leaks } = await runUserTests(
    file,
    folder.file("socket"),
  );
  assertEquals({ success, leaks }, { success: true, leaks: [] }, output);
  assertMatch(output, /5 passed/);
});

testUnless(
  libraryPath ? undefined : "the path of the C library is not known",
  "Observer needs no permission except for the path of the C library",
  async () => {
    using folder = new TestFolder();
    const args = [folder.file("socket")];
    const flags = [`--allow-ffi=${libraryPath}`, "--no-prompt"];
    assertEquals(
      await resultOf(program("limited_grant"), args, flags),
      ["AddrInUse", "7", true, "stalled", "dropped"],
    );
  },
);

Deno.test("Observer.bind() throws NotCapable without FFI permission", async () => {
  using folder = new TestFolder();
  const args = [folder.file("socket")];
  const [name, message] = await resultOf<string[]>(
    program("limited_grant"),
    args,
    ["--no-prompt"],
  );
  assertEquals(name, "NotCapable");
  assertMatch(message, /^Cannot call the C library .*--allow-ffi/);
});

Deno.test("Varta does not open the functions that only receiving needs", async () => {
  const { ofAgent, ofObserver } = await resultOf<Record<string, string[]>>(
    program("opened_functions"),
    [],
    ["--allow-ffi"],
  );
  const ofReceiving = /recv|bind|poll|pair|fch|flock|stat|unlink|atexit|dir/;
  assertEquals(ofAgent.filter((name) => ofReceiving.test(name)), []);
  for (const name of ["bind", "poll"]) assert(ofObserver.includes(name), name);
});

Deno.test("Observer's observations have no peer if none is reported", async () => {
  using folder = new TestFolder();
  const args = [folder.file("socket")];
  assertEquals(
    await resultOf(program("no_credentials"), args, ["--allow-ffi"]),
    [["kind", "frame"], ["kind", "reason", "bytes"]],
  );
});

testUnless(
  system.SO_PASSCRED === 0 ? "the system does not report senders" : undefined,
  "Observer rejects a frame with the pid of another process",
  async () => {
    using folder = new TestFolder();
    const path = folder.file("socket");
    using observer = Observer.bind(path);
    const pid = await resultOf<number>(
      program("send_frames"),
      [path, `${Deno.pid}`],
      ["--allow-ffi"],
    );
    const received = [1, 2].map(() => {
      const observation = observer.receive();
      return observation?.kind === "rejected"
        ? [observation.reason, observation.peer?.pid]
        : [observation?.kind, observation?.peer?.pid];
    });
    assertEquals(received, [["PidMismatch", pid], ["beat", pid]]);
  },
);
