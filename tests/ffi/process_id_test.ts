import { assert, assertEquals } from "@std/assert";
import { libc } from "../../ffi/libc.ts";
import {
  createPageWipedOnFork,
  createProcessIdReader,
  processId,
} from "../../ffi/process_id.ts";
import { darwin } from "../../ffi/systems/darwin.ts";
import { TestFolder } from "../support/observer.ts";
import { hasProgram } from "../support/process.ts";

const notLinux = Deno.build.os !== "linux";

/** The C library, with its calls of getpid counted and madvise as given. */
function countingLibc(madvise = libc().madvise) {
  const counts = { getpid: 0, munmap: 0 };
  const functions = {
    ...libc(),
    madvise,
    getpid: () => {
      counts.getpid++;
      return libc().getpid();
    },
    munmap: (page: Deno.PointerValue, length: bigint) => {
      counts.munmap++;
      return libc().munmap(page, length);
    },
  };
  return { functions, counts };
}

Deno.test("processId() is the id of this process", () => {
  assertEquals(processId(), Deno.pid);
  assertEquals(processId(), Deno.pid);
});

Deno.test({
  name:
    "createProcessIdReader() asks the system once where a page is wiped on fork",
  ignore: notLinux,
  fn() {
    const { functions, counts } = countingLibc();
    const read = createProcessIdReader(functions);
    assertEquals([read(), read(), read()], Array(3).fill(Deno.pid));
    assertEquals(counts, { getpid: 1, munmap: 0 });
  },
});

Deno.test({
  name:
    "createProcessIdReader() asks each time where the kernel refuses to wipe a page, and gives the page back",
  ignore: notLinux,
  fn() {
    // A real refusal: no kernel knows this advice.
    const { functions, counts } = countingLibc((page, length) =>
      libc().madvise(page, length, 0x7fff)
    );
    const read = createProcessIdReader(functions);
    assertEquals([read(), read(), read()], Array(3).fill(Deno.pid));
    assertEquals(counts, { getpid: 3, munmap: 1 });
  },
});

Deno.test({
  name:
    "createProcessIdReader() asks each time where there is no memory for a page",
  ignore: notLinux,
  fn() {
    const { functions, counts } = countingLibc();
    const mmap = () => Deno.UnsafePointer.create(2n ** 64n - 1n); // MAP_FAILED
    const read = createProcessIdReader({ ...functions, mmap });
    assertEquals([read(), read()], [Deno.pid, Deno.pid]);
    assertEquals(counts.getpid, 2);
  },
});

Deno.test("createProcessIdReader() asks each time on a system that cannot wipe a page", () => {
  const { functions, counts } = countingLibc();
  const read = createProcessIdReader(functions, darwin);
  assertEquals([read(), read(), read()], Array(3).fill(Deno.pid));
  assertEquals(counts, { getpid: 3, munmap: 0 });
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
    const page = createPageWipedOnFork(libc())!;
    page[0] = Deno.pid;
    assertEquals(child.symbols.read_in_child(page), 7);
    assertEquals(page[0], Deno.pid);
    // Without the advice it is a copy, as any other memory.
    const copied = new Uint32Array([Deno.pid]);
    assertEquals(child.symbols.read_in_child(copied), 8);
    child.close();
  },
});
