import { assertEquals } from "@std/assert";
import { constants } from "node:os";
import { runProgram } from "../../support/process.ts";
import "../../support/receiver.ts"; // opens the libraries

const PROGRAM = import.meta.resolve("../programs/raise_default.ts");
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
