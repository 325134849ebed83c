import { assertEquals, assertStringIncludes } from "@std/assert";
import { runProgram } from "../support/process.ts";
import { Manager } from "./receiver.ts";

const ALLOW_ENV = "--allow-env=NOTIFY_SOCKET,WATCHDOG_USEC,WATCHDOG_PID";

/** Connects in another process, with the permissions of `flags` alone. */
async function connectWith(
  flags: string[],
  env: Record<string, string> = { WATCHDOG_USEC: "20000000" },
): Promise<string> {
  const program = import.meta.resolve("./programs/connect.ts");
  const all = ["--no-prompt", ...flags];
  const { code, stdout, stderr } = await runProgram(program, [], all, { env });
  assertEquals({ code, stderr }, { code: 0, stderr: "" });
  return stdout;
}

Deno.test("SystemdWatchdog.connect() needs permission for FFI and variables", async () => {
  using manager = new Manager();
  assertEquals(
    await connectWith(["--allow-ffi", ALLOW_ENV]),
    "SystemdWatchdog { interval: 10000 }",
  );
  assertStringIncludes(
    await connectWith([ALLOW_ENV]),
    "NotCapable: Cannot call the C library without FFI permission: run again with --allow-ffi",
  );
  assertEquals(manager.receiveTexts(), []);
});

Deno.test("SystemdWatchdog.connect() needs no FFI permission without a watchdog", async () => {
  using _manager = new Manager();
  const cases: Record<string, string>[] = [
    {},
    { WATCHDOG_USEC: "20000000", WATCHDOG_PID: "1" },
    { WATCHDOG_USEC: "20000000", NOTIFY_SOCKET: "" },
  ];
  for (const env of cases) {
    assertEquals(await connectWith([ALLOW_ENV], env), "undefined");
  }
});

Deno.test("SystemdWatchdog.connect() names all three variables", async () => {
  using _manager = new Manager();
  for (
    const [missing, granted] of [
      ["WATCHDOG_USEC", "NOTIFY_SOCKET"],
      ["WATCHDOG_PID", "NOTIFY_SOCKET,WATCHDOG_USEC"],
      ["NOTIFY_SOCKET", "WATCHDOG_USEC,WATCHDOG_PID"],
    ]
  ) {
    assertEquals(
      await connectWith(["--allow-ffi", `--allow-env=${granted}`]),
      `NotCapable: Cannot read ${missing} without env permission: run again with ${ALLOW_ENV}`,
    );
  }
  // Also outside of a service.
  const none = { WATCHDOG_USEC: "", NOTIFY_SOCKET: "" };
  assertStringIncludes(
    await connectWith(["--allow-ffi"], none),
    "NotCapable: Cannot read WATCHDOG_USEC without env permission",
  );
});
