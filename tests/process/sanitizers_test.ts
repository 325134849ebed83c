import { assertEquals, assertMatch } from "@std/assert";
import { TestObserver } from "../support/observer.ts";
import { MODULE } from "../support/process.ts";
import { ALL_SANITIZERS as ALL, runTests } from "../support/user_tests.ts";

Deno.test("Varta passes the sanitizers of a user's tests that import it", async () => {
  using observer = new TestObserver();
  const { success, output, leaks } = await runTests(`
    import { Status, Varta } from "${MODULE}";
    Deno.test("used and closed", ${ALL}, () => {
      using agent = Varta.connect("${observer.path}");
      agent.beat(Status.Ok);
    });
    Deno.test("reconnected and closed", ${ALL}, async () => {
      const agent = Varta.connect("${observer.path}", { reconnectAfter: 1 });
      agent.reconnect();
      await Promise.resolve();
      agent.beat(Status.Ok);
      agent.close();
    });
    Deno.test("left open", ${ALL}, () => {
      Varta.connect("${observer.path}").beat(Status.Ok);
    });
    Deno.test("failed to connect", ${ALL}, () => {
      try { Varta.connect("${observer.path}.none"); } catch {}
    });`);
  assertEquals({ success, leaks }, { success: true, leaks: [] }, output);
  assertMatch(output, /4 passed/);
  assertEquals(observer.receiveAll().length, 3);
  console.log("a user's tests: 4, passed: 4, leaks reported: 0");
});

Deno.test("Varta leaks the C library alone, by the sanitizers, where a test is the first to import it", async () => {
  using observer = new TestObserver();
  const { success, output, leaks } = await runTests(`
    for (const name of ["first", "second"]) {
      Deno.test(name, ${ALL}, async () => {
        const { Status, Varta } = await import("${MODULE}");
        using agent = Varta.connect("${observer.path}");
        agent.beat(Status.Ok);
      });
    }`);
  // Deno has no way to keep a library open that it does not call a leak.
  assertEquals(success, false, output);
  assertEquals(leaks.length, 1, output);
  assertMatch(
    leaks[0],
    /dynamic librar(y was|ies were) loaded during the test/,
  );
  assertMatch(output, /1 passed/);
  assertEquals(observer.receiveAll().length, 2);
  console.log(
    "a user's tests that import it themselves: 2, passed: 1, leaks reported: 1, the library",
  );
});

Deno.test("Deno.test() reports a leak as the tests of Varta look for it", async () => {
  const { success, leaks } = await runTests(
    `Deno.test("timer", ${ALL}, () => void setTimeout(() => {}, 60_000));`,
  );
  assertEquals([success, leaks.length], [false, 1]);
});
