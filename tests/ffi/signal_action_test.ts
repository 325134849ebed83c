import { assert, assertEquals } from "@std/assert";
import { isSignalIgnored } from "../../ffi/signal_action.ts";
import { system } from "../../ffi/system.ts";
import { FFI, runDeno } from "../support/process.ts";

const { SIGUSR2, SIGALRM } = system.signals;
const SIGPIPE = 13;

// Deno up to 2.5 reports a library that a test opens as a leak of that test.
isSignalIgnored(SIGPIPE);

Deno.test("isSignalIgnored() holds for a signal that Deno ignores, and for no other", () => {
  assert(isSignalIgnored(SIGPIPE));
  assertEquals(isSignalIgnored(SIGUSR2!), false);
});

Deno.test("isSignalIgnored() does not hold for a signal that is listened to", () => {
  const listener = () => {};
  Deno.addSignalListener("SIGALRM", listener);
  assertEquals(isSignalIgnored(SIGALRM!), false);
  Deno.removeSignalListener("SIGALRM", listener);
});

Deno.test("raiseUnhandled() ends the process by the signal, before it returns, though somebody listens to it", async () => {
  for (const signal of ["SIGTERM", "SIGQUIT", "SIGUSR2"] as const) {
    const result = await runDeno(
      `import { raiseUnhandled } from "${FFI}signal_action.ts";
       Deno.addSignalListener("${signal}", () => console.log("called"));
       raiseUnhandled(${system.signals[signal]});
       console.log("returned");`,
      ["--allow-ffi"],
    );
    const code = 128 + system.signals[signal]!;
    assertEquals(result, { code, stdout: "", stderr: "" });
  }
});
