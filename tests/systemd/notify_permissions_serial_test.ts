import { assertEquals, assertStringIncludes } from "@std/assert";
import { libraryPath } from "../support/library_path.ts";
import { runProgram } from "../support/process.ts";
import { testUnless } from "../support/test_unless.ts";
import { Environment, Manager } from "./receiver.ts";

const program = import.meta.resolve("./programs/notify.ts");
const ALLOW_ENV = "--allow-env=NOTIFY_SOCKET,WATCHDOG_USEC,WATCHDOG_PID";

/** Runs a program that notifies, with the permissions of `flags` alone. */
async function runNotify(...flags: string[]): Promise<string> {
  const { code, stdout, stderr } = await runProgram(program, [], [
    "--no-prompt",
    ...flags,
  ]);
  assertEquals({ code, stderr }, { code: 0, stderr: "" });
  return stdout;
}

Deno.test("notify() needs permission for FFI and three variables", async () => {
  using manager = new Manager();
  assertEquals(await runNotify("--allow-ffi", ALLOW_ENV), "true");
  assertEquals(manager.receiveTexts(), ["READY=1"]);
});

testUnless(
  libraryPath === undefined ? "no known path of the C library" : undefined,
  "notify() needs permission for the C library alone",
  async () => {
    using manager = new Manager();
    const granted = await runNotify(`--allow-ffi=${libraryPath}`, ALLOW_ENV);
    assertEquals(granted, "true");
    assertEquals(manager.receiveTexts(), ["READY=1"]);
  },
);

Deno.test("notify() names all three variables without --allow-env", async () => {
  using manager = new Manager();
  assertEquals(
    await runNotify("--allow-ffi"),
    `NotCapable: Cannot read NOTIFY_SOCKET without env permission: run again with ${ALLOW_ENV}`,
  );
  assertEquals(manager.receiveTexts(), []);
});

Deno.test("notify() throws NotCapable without --allow-ffi", async () => {
  using manager = new Manager();
  assertStringIncludes(
    await runNotify(ALLOW_ENV),
    "NotCapable: Cannot call the C library without FFI permission: run again with --allow-ffi",
  );
  assertEquals(manager.receiveTexts(), []);
});

Deno.test("notify() needs no FFI permission outside of a service", async () => {
  using _environment = new Environment({ NOTIFY_SOCKET: undefined });
  assertEquals(await runNotify(ALLOW_ENV), "false");
});
