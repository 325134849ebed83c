import { assert, assertEquals } from "@std/assert";
import {
  canTellSignalListeners,
  hasSignalListener,
} from "../../src/panic/_signals.ts";
import { runDeno } from "../support/process.ts";

const MODULE = import.meta.resolve("../../src/panic/_signals.ts");

Deno.test("hasSignalListener() tells whether there is a listener, and leaves it as it is", () => {
  const listeners = [() => {}, () => {}];
  for (let round = 0; round < 2; round++) {
    assertEquals(hasSignalListener("SIGUSR2"), false);
    assertEquals(hasSignalListener("SIGUSR2"), false);
    for (const listener of listeners) {
      Deno.addSignalListener("SIGUSR2", listener);
      assert(hasSignalListener("SIGUSR2"));
      assert(hasSignalListener("SIGUSR2"));
      assertEquals(hasSignalListener("SIGALRM"), false);
    }
    for (const listener of listeners) {
      assert(hasSignalListener("SIGUSR2"));
      Deno.removeSignalListener("SIGUSR2", listener);
    }
  }
  assertEquals(hasSignalListener("SIGUSR2"), false);
});

Deno.test("hasSignalListener() tells of a listener of Node's", async () => {
  const { stdout } = await runDeno(
    `import { hasSignalListener } from "${MODULE}";
     const listener = () => {};
     const tell = () => console.log(hasSignalListener("SIGTERM"));
     tell();
     process.on("SIGTERM", listener);
     tell();
     process.off("SIGTERM", listener);
     tell();
     process.once("SIGTERM", listener);
     tell();`,
  );
  assertEquals(stdout, "false\ntrue\nfalse\ntrue");
});

Deno.test("canTellSignalListeners() holds on this release of Deno, and not where the answer is wrong", () => {
  assert(canTellSignalListeners());
  const { addSignalListener } = Deno;
  try {
    // A release that reads the name once, whatever it does with it.
    Deno.addSignalListener = (signal, listener) =>
      addSignalListener(`${signal}` as Deno.Signal, listener);
    assertEquals(canTellSignalListeners(), false);
    // One that takes no name but a string.
    Deno.addSignalListener = (signal, listener) => {
      if (typeof signal !== "string") throw new TypeError("not a string");
      addSignalListener(signal, listener);
    };
    assertEquals(canTellSignalListeners(), false);
  } finally {
    Deno.addSignalListener = addSignalListener;
  }
});
