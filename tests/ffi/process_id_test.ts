import { assert, assertEquals } from "@std/assert";
import { libc } from "../../ffi/libc.ts";
import { openFunctions } from "../../ffi/library.ts";
import {
  createPageWipedOnFork,
  createProcessIdReader,
} from "../../ffi/process_id.ts";
import { TestFolder } from "../support/observer.ts";
import { hasProgram } from "../support/process.ts";

const notLinux = Deno.build.os !== "linux";

// Opened as the module loads: up to Deno 2.5 a test that opens it leaks it.
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
  name:
    "createPageWipedOnFork() reads as zeros in a forked child, and keeps its value here",
  ignore: notLinux || !hasProgram("cc"),
  fn() {
    using folder = new TestFolder();
    const source = folder.file("fork.c");
    const library = folder.file("fork.so");
    // A forked child of Deno can run no JavaScript, so C looks.
    Deno.writeTextFileSync(
      source,
      `#include <sys/wait.h>
       #include <unistd.h>
       int read_in_child(const unsigned *page) {
         int status;
         pid_t child = fork();
         if (child == 0) _exit(*page == 0 ? 7 : 8);
         waitpid(child, &status, 0);
         return WEXITSTATUS(status);
       }`,
    );
    const args = ["-shared", "-fPIC", "-o", library, source];
    assert(new Deno.Command("cc", { args }).outputSync().success);
    const child = Deno.dlopen(library, {
      read_in_child: { parameters: ["buffer"], result: "i32" },
    });
    const page = createPageWipedOnFork(functions)!;
    page[0] = Deno.pid;
    assertEquals(child.symbols.read_in_child(page as BufferSource), 7);
    assertEquals(page[0], Deno.pid);
    // Without the advice it is a copy, as any other memory.
    const copied = new Uint32Array([Deno.pid]);
    assertEquals(child.symbols.read_in_child(copied), 8);
    child.close();
  },
});
