import { assertEquals } from "@std/assert";
import { libc } from "../../../ffi/libc.ts";
import { openFunctions } from "../../../ffi/library.ts";
import {
  createPageWipedOnFork,
  processId,
  processIdWord,
} from "../../../ffi/process/process_id.ts";
import { system } from "../../../ffi/system.ts";
import { isEmulated, resultOf } from "../../support/process.ts";
import { testUnless } from "../../support/test_unless.ts";

const notLinux = Deno.build.os !== "linux"
  ? "only Linux wipes pages on fork"
  : undefined;
const noPage = notLinux ??
  (isEmulated ? "an emulator wipes no page" : undefined);
// At once, as in tests/support/receiver.ts.
const functions = openFunctions("mmap", "munmap", "madvise");
libc();

Deno.test("processId() returns the id of this process", () => {
  assertEquals(processId(), Deno.pid);
  assertEquals(processId(), Deno.pid);
});

Deno.test("processIdWord() holds the id, or 0 if processId() must be called", () => {
  const expected = noPage === undefined ? Deno.pid : 0;
  // In a Worker, as under `deno test --parallel`, there is no page.
  const isMainThread = !("WorkerGlobalScope" in globalThis);
  assertEquals(processIdWord()[0], isMainThread ? expected : 0);
});

testUnless(
  notLinux,
  "createPageWipedOnFork() returns undefined if the kernel refuses",
  () => {
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
);

testUnless(
  notLinux,
  "createPageWipedOnFork() returns undefined if there is no memory",
  () => {
    const MAP_FAILED = Deno.UnsafePointer.create(2n ** 64n - 1n);
    const page = createPageWipedOnFork({
      ...functions,
      mmap: () => MAP_FAILED,
    });
    assertEquals(page, undefined);
  },
);

testUnless(
  notLinux,
  "createPageWipedOnFork() returns undefined if every advice succeeds",
  () => {
    const page = createPageWipedOnFork({ ...functions, madvise: () => 0 });
    assertEquals(page, undefined);
  },
);

interface Result {
  opened: string[][];
  results: boolean[];
  pages: number;
}

async function run(...args: string[]) {
  const { opened, ...rest } = await resultOf<Result>(
    import.meta.resolve("../programs/process_id.ts"),
    args,
    ["--allow-ffi", "--allow-read"],
  );
  const opensGetpid = opened.map((names) => names.includes("getpid"));
  return { ...rest, opensGetpid };
}

testUnless(
  noPage,
  "processId() calls getpid, opened for that, after its page was wiped",
  async () => {
    assertEquals(await run(), {
      pages: 1,
      opensGetpid: [false, true],
      // The third is read from the changed page.
      results: [true, true, false, true, true],
    });
  },
);

testUnless(
  noPage,
  "processId() calls getpid each time if there is no such page",
  async () => {
    const { pages, opensGetpid, results } = await run("no-page");
    assertEquals(pages, 0);
    assertEquals(results, Array(5).fill(true));
    assertEquals(opensGetpid.filter(Boolean).length, 1);
  },
);

/** Returns what a forked child reads in memory that holds a number in ASCII. */
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
  // A forked child of Deno cannot run JavaScript, so it only calls atoi(memory).
  const child = clone(atoi, top, SIGCHLD, memory as BufferSource);
  const status = new Int32Array(1);
  assertEquals(waitpid(child, status, 0), child);
  functions.munmap(stack, BigInt(SIZE));
  library.close();
  assertEquals(status[0] & 0xff, 0, "a signal ended the child");
  return status[0] >> 8;
}

testUnless(
  noPage,
  "createPageWipedOnFork() creates a page of zeros for a forked child",
  () => {
    const seven = "7".charCodeAt(0);
    const page = createPageWipedOnFork(functions)!;
    page[0] = seven;
    assertEquals(readInChild(page), 0);
    assertEquals(page[0], seven);
    // Without the advice, the child has a copy.
    assertEquals(readInChild(new Uint32Array([seven, 0])), 7);
  },
);
