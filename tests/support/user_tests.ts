/** What `deno test` reports about a file. */
export interface TestsResult {
  success: boolean;
  output: string;
  /** The lines by which the sanitizers report leaks. */
  leaks: string[];
}

/** Runs `deno test` on a file as a user would; the file gets `args` in `Deno.args`. */
export async function runUserTests(
  file: string | URL,
  ...args: string[]
): Promise<TestsResult> {
  const flags = ["--no-check", "--no-config", "--allow-ffi"];
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["test", ...flags, `${file}`, "--", ...args],
    env: { NO_COLOR: "1" },
  }).output();
  const decoder = new TextDecoder();
  const output = decoder.decode(stdout) + decoder.decode(stderr);
  const leaks = output.split("\n").filter((line) => line.startsWith("  - "));
  return { success, output, leaks };
}
