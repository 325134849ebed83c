import { canTrace, runProgram } from "./process.ts";

/**
 * Returns the system calls that the main thread of a Deno makes for `beats`
 * beats that are sent, after some thousands before, without those that receive
 * the beats. Returns `undefined` if strace cannot be run.
 */
export function traceBeats(
  path: string,
  beats: number,
): Promise<string[] | undefined> {
  const program = import.meta.resolve("./traced_beats.ts");
  return traceProgram(program, [path, String(beats)]);
}

/**
 * Returns the system calls that a program makes in its main thread between two
 * calls of close(-1), without those that receive. Returns `undefined` if strace
 * cannot be run.
 */
export async function traceProgram(
  program: string,
  args: string[],
  flags: string[] = [],
): Promise<string[] | undefined> {
  if (!canTrace()) return undefined;
  const { stderr } = await runProgram(
    program,
    args,
    ["--allow-all", ...flags],
    { trace: "all" },
  );
  const calls = stderr.split("\n");
  const isMark = (call: string) => call.startsWith("close(-1)");
  return calls.slice(calls.findIndex(isMark) + 1, calls.findLastIndex(isMark))
    .filter((call) => !/^recv(msg|from)\(/.test(call));
}
