import { canTrace, runProgram } from "./process.ts";

/**
 * Returns the system calls that the main thread of a Deno makes for `beats`
 * beats that are sent, after some thousands before, without those that receive
 * the beats. Returns `undefined` if strace cannot be run.
 */
export async function traceBeats(
  path: string,
  beats: number,
): Promise<string[] | undefined> {
  if (!canTrace()) return undefined;
  const { stderr } = await runProgram(
    import.meta.resolve("./traced_beats.ts"),
    [path, String(beats)],
    ["--allow-all"],
    { trace: "all" },
  );
  const calls = stderr.split("\n");
  const isMark = (call: string) => call.startsWith("close(-1)");
  return calls.slice(calls.findIndex(isMark) + 1, calls.findLastIndex(isMark))
    .filter((call) => !/^recv(msg|from)\(/.test(call));
}
