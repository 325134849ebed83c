import { assertEquals } from "@std/assert";
import { environmentVariable } from "../../../ffi/process/environment.ts";
import { runProgram } from "../../support/process.ts";

const PROGRAM = import.meta.resolve("../programs/environment.ts");
// Up to Deno 2.7, a library that a test opens is a leak of that test.
environmentVariable("PATH");

Deno.test("environmentVariable() returns what is set, if only FFI is allowed", async () => {
  const env = { VARTA_A: "é = 1", VARTA_B: "", VARTA_C: "x".repeat(200) };
  const names = [...Object.keys(env), "VARTA_D"];
  const flags = ["--no-prompt", "--allow-ffi"];
  const { stdout } = await runProgram(PROGRAM, names, flags, { env });
  assertEquals(JSON.parse(stdout), ["é = 1", "", "x".repeat(128), null]);
});
