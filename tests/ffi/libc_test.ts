import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { system } from "../../ffi/system.ts";
import { libraryPath } from "../support/library_path.ts";
import { TestFolder } from "../support/observer.ts";
import { hasProgram, runDeno } from "../support/process.ts";

const LIBC = new URL("../../ffi/libc.ts", import.meta.url).href;

// A failing close() tells both that calls work and that errno is read.
const FAIL_TO_CLOSE = `
  import { libc } from "${LIBC}";
  try {
    console.log(libc().close(-1), libc().errno());
  } catch (error) {
    console.log(error.name + ": " + error.message);
  }`;

const QUESTION = "[y/n";

const FAILED_TO_CLOSE = `-1 ${system.errno.EBADF}`;

async function failToClose(...flags: string[]): Promise<string> {
  const { code, stdout, stderr } = await runDeno(FAIL_TO_CLOSE, flags);
  assertEquals({ code, stderr }, { code: 0, stderr: "" });
  return stdout;
}

Deno.test("libc() works under --allow-ffi", async () => {
  assertEquals(await failToClose("--allow-ffi"), FAILED_TO_CLOSE);
});

Deno.test({
  name: "libc() works, errno included, under a grant for the library's path",
  ignore: libraryPath === undefined,
  async fn() {
    assertEquals(
      await failToClose(`--allow-ffi=${libraryPath}`),
      FAILED_TO_CLOSE,
    );
  },
});

Deno.test({
  name: "libc() works where another path is denied",
  ignore: libraryPath === undefined,
  async fn() {
    assertEquals(
      await failToClose("--allow-ffi", "--deny-ffi=/another"),
      FAILED_TO_CLOSE,
    );
  },
});

Deno.test("libc() throws NotCapable, and names the flag, without permission", async () => {
  const grants = [[], ["--no-prompt"], ["--deny-ffi"], ["--allow-ffi=/other"]];
  for (const flags of grants) {
    assertMatch(
      await failToClose(...flags),
      /^NotCapable: Cannot call the C library .*run again with --allow-ffi/,
    );
  }
});

Deno.test("libc() is not opened by an import without permission", async () => {
  const { code, stdout, stderr } = await runDeno(
    `import "${LIBC}"; console.log("imported");`,
  );
  assertEquals({ code, stdout, stderr }, {
    code: 0,
    stdout: "imported",
    stderr: "",
  });
});

Deno.test("libc() is opened by an import with permission", async () => {
  const { stdout } = await runDeno(
    `import { libc } from "${LIBC}";
     Deno.permissions.revokeSync({ name: "ffi" });
     console.log(libc().close(-1));`,
    ["--allow-ffi"],
  );
  assertEquals(stdout, "-1");
});

/** What the first call says on another system. */
async function messageOn(os: string, ...flags: string[]): Promise<string> {
  const { stdout } = await runDeno(
    `Object.defineProperty(Deno, "build", {
       value: { ...Deno.build, os: "${os}" },
     });
     const { libc } = await import("${LIBC}");
     try {
       libc();
     } catch (error) {
       console.log(error.name + ": " + error.message);
     }`,
    flags,
  );
  return stdout;
}

Deno.test("libc() throws NotSupported on a system without Unix datagram sockets", async () => {
  assertEquals(
    await messageOn("windows", "--allow-all"),
    "NotSupported: Cannot open a datagram socket: windows is not supported: run this on Linux, macOS or FreeBSD",
  );
});

Deno.test("libc() names no path where the system has none that can be granted", async () => {
  assertEquals(
    await messageOn("openbsd"),
    "NotCapable: Cannot call the C library without FFI permission: run again with --allow-ffi",
  );
});

/** Runs a script in a pseudo-terminal, and gives `answer` to every question. */
async function inTerminal(
  code: string,
  answer: string,
  flags = "",
): Promise<string> {
  using folder = new TestFolder();
  const script = folder.file("main.ts");
  await Deno.writeTextFile(script, code);
  const command =
    `${Deno.execPath()} run --no-check --no-config ${flags} ${script}`;
  const terminal = new Deno.Command("script", {
    args: ["--quiet", "--return", "--command", command, "/dev/null"],
    env: { NO_COLOR: "1", TERM: "dumb" },
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const input = terminal.stdin.getWriter();
  // Deno discards what is typed before it begins to wait for an answer.
  const typing = setInterval(
    () => input.write(new TextEncoder().encode(`${answer}\n`)).catch(() => {}),
    200,
  );
  const output = await new Response(terminal.stdout).text();
  clearInterval(typing);
  await input.close().catch(() => {});
  await terminal.status;
  return output;
}

function questions(output: string): number {
  return output.split(QUESTION).length - 1;
}

const noTerminal = Deno.build.os !== "linux" || !hasProgram("script");

Deno.test({
  name: "libc() asks once, and works where the answer is yes",
  ignore: noTerminal,
  async fn() {
    const output = await inTerminal(FAIL_TO_CLOSE, "y");
    assertEquals(questions(output), 1, output);
    assertStringIncludes(output, FAILED_TO_CLOSE);
  },
});

Deno.test({
  name: "libc() asks once, and throws NotCapable where the answer is no",
  ignore: noTerminal,
  async fn() {
    const output = await inTerminal(FAIL_TO_CLOSE, "n");
    assertEquals(questions(output), 1, output);
    assertStringIncludes(output, "NotCapable: Cannot call the C library");
  },
});

Deno.test({
  name: "libc() asks nothing under a grant for the library's path",
  ignore: noTerminal || libraryPath === undefined,
  async fn() {
    const flags = `--allow-ffi=${libraryPath}`;
    const output = await inTerminal(FAIL_TO_CLOSE, "n", flags);
    assertEquals(questions(output), 0, output);
    assertStringIncludes(output, FAILED_TO_CLOSE);
  },
});

Deno.test("libc() is not opened, and nothing throws, where no path is known for the processor", async () => {
  const { stdout, stderr } = await runDeno(
    `Object.defineProperty(Deno, "build", {
       value: { ...Deno.build, arch: "riscv64" },
     });
     await import("${LIBC}");
     console.log("imported");`,
  );
  assertEquals({ stdout, stderr }, { stdout: "imported", stderr: "" });
});
