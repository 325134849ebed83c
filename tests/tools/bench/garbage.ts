/** The flags of V8 under which a child's collections can be counted. */
export const TRACE_GC = "--v8-flags=--trace-gc,--expose-gc";

/**
 * How many collections V8 printed between a child's two calls of `gc()`. They
 * are the marks, since V8 prints by a buffer of its own, apart from the child's
 * own prints.
 */
export function countCollections(stdout: string): number {
  const lines = stdout.split("\n").filter((line) =>
    /Scavenge|Mark-Compact/.test(line)
  );
  const marks = lines.flatMap((line, i) => line.includes("testing") ? [i] : []);
  if (marks.length !== 2) throw new Error(`${marks.length} marks for two`);
  return marks[1] - marks[0] - 1;
}
