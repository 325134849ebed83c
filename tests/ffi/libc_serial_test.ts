import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { system } from "../../ffi/system.ts";
import { libraryPath } from "../support/library_path.ts";
import { hasProgram, runProgram } from "../support/process.ts";
import { testUnless } from "../support/test_unless.ts";

const failToClose = import.meta.resolve("./programs/fail_to_close.ts");
const onSystem = import.meta.resolve("./programs/libc_on_system.ts");

const FAILED = `-1 ${system.errno.EBADF}`;
const QUESTION = "[y/n";

const noPath = libraryPath === undefined
  ? "the C library's path is unknown"
  : undefined;
const noTerminal = Deno.build.os !== "linux" || !hasProgram("script")
  ? "script(1) cannot be run"
  : undefined;

/** Runs a program that prints nothing on stderr, and returns its output. */
async function outputOf(program: string, args: string[], flags: string[]) {
  const { code, stdout, stderr } = await runProgram(program, args, flags);
  assertEquals({ code, stderr }, { code: 0, stderr: "" });
  return stdout;
}

Deno.test("libc() works with --allow-ffi", async () => {
  assertEquals(await outputOf(failToClose, [], ["--allow-ffi"]), FAILED);
});

testUnless(
  noPath,
  "libc() works, errno included, if FFI is granted for a path",
  async () => {
    const flags = [`--allow-ffi=${libraryPath}`];
    assertEquals(await outputOf(failToClose, [], flags), FAILED);
  },
);

testUnless(noPath, "libc() works if another path is denied", async () => {
  const flags = ["--allow-ffi", "--deny-ffi=/another"];
  assertEquals(await outputOf(failToClose, [], flags), FAILED);
});

Deno.test("libc() throws NotCapable without permission, and names the flag", async () => {
  const grants = [[], ["--no-prompt"], ["--deny-ffi"], ["--allow-ffi=/other"]];
  for (const flags of grants) {
    assertMatch(
      await outputOf(failToClose, [], flags),
      /^NotCapable: Cannot call the C library .*run again with --allow-ffi/,
    );
  }
});

Deno.test("libc() is opened by an import if the permission is granted", async () => {
  const revoke = import.meta.resolve("./programs/revoke.ts");
  assertEquals(await outputOf(revoke, [], ["--allow-ffi"]), "-1");
});

Deno.test("libc() throws NotSupported on a system without such sockets", async () => {
  for (const os of ["windows", "solaris"]) {
    const output = await outputOf(onSystem, [os], ["--allow-all"]);
    assertMatch(
      output,
      /^imported\nNotSupported: Cannot open a datagram socket: .*not supported/,
    );
  }
});

Deno.test("libc() names no path if the system has none to grant", async () => {
  const output = await outputOf(onSystem, ["openbsd"], []);
  assertEquals(
    output,
    "imported\nNotCapable: Cannot call the C library without FFI permission: run again with --allow-ffi",
  );
});

Deno.test("libc() can be imported if the processor has no known path", async () => {
  const output = await outputOf(onSystem, [Deno.build.os, "riscv64"], []);
  assertMatch(output, /^imported\n/);
});

/** Runs a program in a pseudo-terminal, and gives `answer` to every question. */
async function runInTerminal(answer: string, ...flags: string[]) {
  const terminal = new Deno.Command("script", {
    // A shell runs the command, so the program and the flags are variables.
    args: [
      ...["--quiet", "--return", "--command"],
      '"$DENO" run --no-check --no-config $FLAGS "$PROGRAM"',
      "/dev/null",
    ],
    env: {
      NO_COLOR: "1",
      TERM: "dumb",
      DENO: Deno.execPath(),
      FLAGS: flags.join(" "),
      PROGRAM: failToClose,
    },
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const input = terminal.stdin.getWriter();
  // Deno discards what is typed before it waits for an answer.
  const typing = setInterval(
    () => input.write(new TextEncoder().encode(`${answer}\n`)).catch(() => {}),
    200,
  );
  const output = await new Response(terminal.stdout).text();
  clearInterval(typing);
  await input.close().catch(() => {});
  await terminal.status;
  return { output, questions: output.split(QUESTION).length - 1 };
}

testUnless(
  noTerminal,
  "libc() asks once, and works if it is allowed",
  async () => {
    const { output, questions } = await runInTerminal("y");
    assertEquals(questions, 1, output);
    assertStringIncludes(output, FAILED);
  },
);

testUnless(
  noTerminal,
  "libc() asks once, and throws NotCapable if denied",
  async () => {
    const { output, questions } = await runInTerminal("n");
    assertEquals(questions, 1, output);
    assertStringIncludes(output, "NotCapable: Cannot call the C library");
  },
);

testUnless(
  noTerminal ?? noPath,
  "libc() asks nothing if FFI is granted for the library's path",
  async () => {
    const flag = `--allow-ffi=${libraryPath}`;
    const { output, questions } = await runInTerminal("n", flag);
    assertEquals(questions, 0, output);
    assertStringIncludes(output, FAILED);
  },
);
