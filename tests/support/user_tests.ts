import { TestFolder } from "./observer.ts";

/** Options of a test, with everything on that looks for leaks. */
export const ALL_SANITIZERS =
  "{ sanitizeOps: true, sanitizeResources: true, sanitizeExit: true }";

/** What `deno test` said. */
export interface TestsResult {
  success: boolean;
  output: string;
  /** The lines by which the sanitizers report leaks. */
  leaks: string[];
}

/** What `deno test` says of a user's file of tests. */
export async function runTests(code: string): Promise<TestsResult> {
  using folder = new TestFolder();
  const file = folder.file("user_test.ts");
  Deno.writeTextFileSync(file, code);
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["test", "--no-check", "--no-config", "--allow-ffi", file],
    env: { NO_COLOR: "1" },
  }).output();
  const decoder = new TextDecoder();
  const output = decoder.decode(stdout) + decoder.decode(stderr);
  const leaks = output.split("\n").filter((line) => line.startsWith("  - "));
  return { success, output, leaks };
}
