import { assertEquals, assertMatch } from "@std/assert";
import { TestObserver } from "../support/observer.ts";
import { runUserTests } from "../support/user_tests.ts";

Deno.test("Varta passes the sanitizers of a user's tests", async () => {
  using observer = new TestObserver();
  const { success, output, leaks } = await runUserTests(
    import.meta.resolve("./programs/user_tests.ts"),
    observer.path,
  );
  assertEquals({ success, leaks }, { success: true, leaks: [] }, output);
  assertMatch(output, /4 passed/);
  assertEquals(observer.receiveAll().length, 3);
});

Deno.test("Varta leaks only the C library into a test that imports it", async () => {
  using observer = new TestObserver();
  const { success, output, leaks } = await runUserTests(
    import.meta.resolve("./programs/late_import_tests.ts"),
    observer.path,
  );
  // Deno reports every library that is opened in a test and stays open.
  assertEquals([success, leaks.length], [false, 1], output);
  assertMatch(
    leaks[0],
    /dynamic librar(y was|ies were) loaded during the test/,
  );
  assertMatch(output, /1 passed/);
  assertEquals(observer.receiveAll().length, 2);
});
