// Prints what processId() needs and returns: the functions that are opened, call
// by call; whether it returns the pid twice, then after its page was changed, and
// twice after the page was wiped; and the number of pages. If the argument is
// "no-page", the kernel refuses the advice that wipes a page on fork.

const UNKNOWN_ADVICE = 0x7fff;
const { dlopen, UnsafePointerView } = Deno;
type Functions = Record<string, (...args: unknown[]) => unknown>;

const opened: string[][] = [];
const openRecorded = (
  path: string,
  definitions: Deno.ForeignLibraryInterface,
) => {
  opened.push(Object.keys(definitions));
  const symbols = dlopen(path, definitions).symbols as unknown as Functions;
  const { madvise } = symbols;
  if (madvise === undefined || Deno.args[0] !== "no-page") return { symbols };
  const refused = (page: unknown, length: unknown) =>
    madvise(page, length, UNKNOWN_ADVICE);
  return { symbols: { ...symbols, madvise: refused } };
};
Object.defineProperty(Deno, "dlopen", { value: openRecorded });

const pages: Uint32Array[] = [];
const { getArrayBuffer } = UnsafePointerView;
UnsafePointerView.getArrayBuffer = (...args) => {
  const memory = getArrayBuffer(...args);
  if (memory.byteLength === 4096) pages.push(new Uint32Array(memory));
  return memory;
};

const { libc } = await import("../../../ffi/libc.ts");
const { processId } = await import("../../../ffi/process/process_id.ts");
libc();
const isPid = () => processId() === Deno.pid;
const results = [isPid(), isPid()];
for (const page of pages) page[0] = 1;
results.push(isPid());
for (const page of pages) page.fill(0);
results.push(isPid(), isPid());
console.log(JSON.stringify({ opened, results, pages: pages.length }));
