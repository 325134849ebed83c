import { assert, assertEquals } from "@std/assert";
import { constants } from "node:os";
import { hasProcess } from "../../ffi/signals.ts";
import { runProgram } from "../support/process.ts";
import "../support/receiver.ts"; // opens the libraries

const PROGRAM = import.meta.resolve("./programs/raise_default.ts");
const { SIGTERM, SIGQUIT, SIGUSR2, SIGURG } = constants.signals;

Deno.test("raiseDefault() ends the process even if something listens", async () => {
  for (const signum of [SIGTERM, SIGQUIT, SIGUSR2]) {
    assertEquals(await runProgram(PROGRAM, [`${signum}`], ["--allow-ffi"]), {
      code: 128 + signum,
      stdout: "",
      stderr: "",
    });
  }
});

Deno.test("raiseDefault() returns if it cannot end the process", async () => {
  const returned = { code: 0, stdout: "returned", stderr: "" };
  const ignored = await runProgram(PROGRAM, [`${SIGURG}`], ["--allow-ffi"]);
  assertEquals(ignored, returned);
  assertEquals(await runProgram(PROGRAM, [`${SIGTERM}`]), returned);
});

Deno.test("hasProcess() finds this process and another user's", () => {
  assert(hasProcess(Deno.pid));
  assert(hasProcess(1));
});

Deno.test("hasProcess() does not find a process that has been waited for", async () => {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["--version"],
    stdout: "null",
  });
  const { pid, status } = child.spawn();
  await status;
  assert(!hasProcess(pid));
});

Deno.test("hasProcess() does not find a group of processes", () => {
  for (const id of [0, -1, -Deno.pid, 2 ** 31, 2 ** 32 - 1]) {
    assert(!hasProcess(id), `${id}`);
  }
});
