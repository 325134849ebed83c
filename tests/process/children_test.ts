import { assertEquals, assertGreaterOrEqual } from "@std/assert";
import { TestObserver } from "../support/observer.ts";
import { resultOf } from "../support/process.ts";
import { notLinux, testUnless } from "../support/test_unless.ts";
import type { Inheritance } from "./programs/inherited_sockets.ts";

testUnless(
  notLinux, // whose /proc shows what a child has open
  "Varta makes no socket that a child process inherits",
  async () => {
    using observer = new TestObserver();
    const { reconnects, ...sockets } = await resultOf<Inheritance>(
      import.meta.resolve("./programs/inherited_sockets.ts"),
      [observer.path],
      ["--allow-all"],
    );
    assertEquals(sockets, {
      agents: 10,
      inherited: 0,
      inheritedWithoutFlag: 10,
      inheritedOfThread: [],
    });
    assertGreaterOrEqual(reconnects, 100);
  },
);
