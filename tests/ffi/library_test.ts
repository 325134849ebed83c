import { assertEquals, assertMatch } from "@std/assert";
import { openFunctions } from "../../ffi/library.ts";
import { system } from "../../ffi/system.ts";
import { resultOf } from "../support/process.ts";
import { TestFolder } from "../support/test_folder.ts";
import { notLinux, testUnless } from "../support/test_unless.ts";

const program = import.meta.resolve("./programs/absent_functions.ts");

/** Observes a beat in both threads without some functions. */
function observeWithout(
  folder: TestFolder,
  ...absent: string[]
): Promise<[unknown[], unknown[]]> {
  const args = [folder.file("socket"), ...absent];
  return resultOf(program, args, ["--allow-ffi", "--allow-read"]);
}

const { __lxstat } = Deno.build.os === "linux"
  ? openFunctions("__lxstat")
  : { __lxstat: null };

/** C libraries, each with the functions that it lacks. */
const lacks: [library: string, absent: string[], reason?: string][] = [
  [
    "glibc before 2.33",
    ["lstat", "fstat"],
    __lxstat === null ? "the C library has no __lxstat" : undefined,
  ],
  ["musl", ["__cxa_thread_atexit_impl"]],
  ["a BSD", ["__lxstat", "__fxstat"]],
];
for (const [library, absent, reason] of lacks) {
  testUnless(
    notLinux ?? reason,
    `openFunctions() leaves out what ${library} lacks`,
    async () => {
      using folder = new TestFolder();
      const seen = [7, ["socket", "620"], system.errno.ENOENT];
      assertEquals(await observeWithout(folder, ...absent), [seen, seen]);
    },
  );
}

Deno.test("openFunctions() throws NotFound if a needed function is missing", async () => {
  using folder = new TestFolder();
  for (const [error] of await observeWithout(folder, "recvmsg")) {
    assertMatch(
      String(error),
      /^NotFound: Cannot open the C library at any of these paths: /,
    );
  }
});
