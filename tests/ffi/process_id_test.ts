import { assertEquals } from "@std/assert";
import { libc } from "../../ffi/libc.ts";
import { openFunctions } from "../../ffi/library.ts";
import {
  createPageWipedOnFork,
  createProcessIdReader,
} from "../../ffi/process_id.ts";
import { system } from "../../ffi/system.ts";
import { FFI, isEmulated, runDeno } from "../support/process.ts";

const notLinux = Deno.build.os !== "linux";
// Deno up to 2.5 reports a library that a test opens as a leak of that test.
const functions = openFunctions("mmap", "munmap", "madvise");

Deno.test("processId() is the id of this process", () => {
  assertEquals(libc().processId(), Deno.pid);
  assertEquals(libc().processId(), Deno.pid);
});

/** What a reader answers three times, and how often it asked the system. */
function read(page: Uint32Array | undefined) {
  let asked = 0;
  const reader = createProcessIdReader(() => {
    asked++;
    return Deno.pid;
  }, page);
  return { answers: [reader(), reader(), reader()], asked };
}

Deno.test("createProcessIdReader() asks the system once where a page is wiped on fork", () => {
  const answers = Array(3).fill(Deno.pid);
  assertEquals(read(new Uint32Array(1)), { answers, asked: 1 });
});

Deno.test("createProcessIdReader() asks again where the page has been wiped, as in a forked child", () => {
  const page = new Uint32Array(1);
  const ids = [4242, 4343];
  const reader = createProcessIdReader(() => ids.shift()!, page);
  assertEquals([reader(), reader()], [4242, 4242]);
  page.fill(0);
  assertEquals([reader(), reader()], [4343, 4343]);
});

Deno.test("createProcessIdReader() asks each time without such a page", () => {
  const answers = Array(3).fill(Deno.pid);
  assertEquals(read(undefined), { answers, asked: 3 });
});

Deno.test({
  name:
    "createPageWipedOnFork() is undefined where the kernel refuses, and gives the page back",
  ignore: notLinux,
  fn() {
    const results: number[] = [];
    const page = createPageWipedOnFork({
      ...functions,
      // A real refusal: no kernel knows this advice.
      madvise: (page, length) => functions.madvise(page, length, 0x7fff),
      munmap: (page, length) => {
        const result = functions.munmap(page, length);
        if (page !== null) results.push(result);
        return result;
      },
    });
    assertEquals(page, undefined);
    assertEquals(results, [0]);
  },
});

Deno.test({
  name:
    "createPageWipedOnFork() is undefined where there is no memory for a page",
  ignore: notLinux,
  fn() {
    const MAP_FAILED = Deno.UnsafePointer.create(2n ** 64n - 1n);
    assertEquals(
      createPageWipedOnFork({ ...functions, mmap: () => MAP_FAILED }),
      undefined,
    );
  },
});

Deno.test({
  name: "createPageWipedOnFork() is undefined where the kernel heeds no advice",
  ignore: notLinux,
  fn() {
    assertEquals(
      createPageWipedOnFork({ ...functions, madvise: () => 0 }),
      undefined,
    );
  },
});

/**
 * What `libc()` opens in a Deno of its own, call by call, and the ids that it
 * answers with before its page is wiped and behind that.
 */
async function openInChild(advice: string) {
  const { stdout, stderr } = await runDeno(
    `const { dlopen, UnsafePointerView } = Deno;
     const opened = [];
     Deno.dlopen = (path, functions) => {
       opened.push(Object.keys(functions));
       const { symbols } = dlopen(path, functions);
       const { madvise } = symbols;
       return madvise === undefined ? { symbols } : { symbols: {
         ...symbols,
         madvise: (page, length, advice) => madvise(page, length, ${advice}),
       } };
     };
     const { getArrayBuffer } = UnsafePointerView;
     const pages = [];
     UnsafePointerView.getArrayBuffer = (...args) => {
       const memory = getArrayBuffer(...args);
       if (memory.byteLength === 4096) pages.push(new Uint32Array(memory));
       return memory;
     };
     const { libc } = await import("${FFI}libc.ts");
     const { processId } = libc();
     const asks = () => processId() === Deno.pid;
     const answers = [asks(), asks()];
     for (const page of pages) page[0] = 1;
     answers.push(asks());
     for (const page of pages) page.fill(0);
     answers.push(asks(), asks());
     console.log(JSON.stringify({ opened, answers, pages: pages.length }));`,
    ["--allow-ffi", "--allow-read"],
  );
  assertEquals(stderr, "");
  const { opened, ...rest } = JSON.parse(stdout);
  const asked = opened.map((names: string[]) => names.includes("getpid"));
  return { ...rest, asked };
}

Deno.test({
  name:
    "processId() asks the system where its page has been wiped, and opens getpid for that",
  ignore: notLinux || isEmulated,
  async fn() {
    assertEquals(await openInChild("advice"), {
      pages: 1,
      asked: [false, true],
      // The third is what stands in the page.
      answers: [true, true, false, true, true],
    });
  },
});

Deno.test({
  name:
    "processId() asks the system each time where the kernel has no such page",
  ignore: notLinux || isEmulated,
  async fn() {
    const { pages, asked, answers } = await openInChild("0x7fff");
    assertEquals({ pages, answers }, {
      pages: 0,
      answers: Array(5).fill(true),
    });
    assertEquals(asked.filter(Boolean).length, 1);
  },
});

/** What a forked child reads in memory that holds a number in ASCII. */
function readInChild(memory: Uint32Array): number {
  const { PROT_READ, PROT_WRITE, MAP_PRIVATE, MAP_ANONYMOUS } = system;
  const SIGCHLD = 17;
  const SIZE = 65_536;
  const library = Deno.dlopen(system.libraryName, {
    clone: {
      parameters: [
        "pointer", // int (*fn)(void *)
        "pointer", // void *stack
        "i32", // int flags
        "buffer", // void *arg
      ],
      result: "i32", // pid_t
    },
    waitpid: {
      parameters: [
        "i32", // pid_t pid
        "buffer", // int *status
        "i32", // int options
      ],
      result: "i32", // pid_t
    },
    atoi: { type: "pointer" }, // int atoi(const char *)
  });
  const { clone, waitpid, atoi } = library.symbols;
  const prot = PROT_READ | PROT_WRITE;
  const flags = MAP_PRIVATE | MAP_ANONYMOUS;
  const stack = functions.mmap(null, BigInt(SIZE), prot, flags, -1, 0n)!;
  const top = Deno.UnsafePointer.offset(stack, SIZE);
  // A forked child of Deno can run no JavaScript, so it ends with atoi(memory).
  const child = clone(atoi, top, SIGCHLD, memory as BufferSource);
  const status = new Int32Array(1);
  assertEquals(waitpid(child, status, 0), child);
  functions.munmap(stack, BigInt(SIZE));
  library.close();
  assertEquals(status[0] & 0xff, 0, "a signal ended the child");
  return status[0] >> 8;
}

Deno.test({
  name:
    "createPageWipedOnFork() reads as zeros in a forked child, and keeps its value here",
  ignore: notLinux || isEmulated,
  fn() {
    const seven = "7".charCodeAt(0);
    const page = createPageWipedOnFork(functions)!;
    page[0] = seven;
    assertEquals(readInChild(page), 0);
    assertEquals(page[0], seven);
    // Without the advice it is a copy, as any other memory.
    assertEquals(readInChild(new Uint32Array([seven, 0])), 7);
  },
});
