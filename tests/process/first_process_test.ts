import { assertEquals } from "@std/assert";
import { TestObserver } from "../support/observer.ts";
import { AS_PID_1, noPidNamespace } from "../support/pid_namespace.ts";
import { isEmulated, resultOf } from "../support/process.ts";
import { testUnless } from "../support/test_unless.ts";

testUnless(
  isEmulated ? "an emulator is never pid 1" : noPidNamespace,
  "Varta throws NotSupported as pid 1 in version 2 over each transport",
  async () => {
    using observer = new TestObserver();
    const result = await resultOf(
      import.meta.resolve("./programs/first_process.ts"),
      [observer.path],
      ["--allow-ffi"],
      { under: AS_PID_1 },
    );
    const path = JSON.stringify(observer.path);
    const error = (endpoint: string) =>
      `NotSupported: Cannot connect to ${endpoint}: this process has pid 1, which version 2 of the protocol does not allow: run the container with an init (docker run --init), or share a pid namespace`;
    assertEquals(result, {
      pid: 1,
      results: {
        "version 1": "sent",
        "version 2": error(path),
        lazy: error(path.replace(/"$/, '.none"')),
        UDP: error('"127.0.0.1:9"'),
        key: error('"127.0.0.1:9"'),
        "master key": error('"127.0.0.1:9"'),
      },
    });
    assertEquals(observer.receiveAll().map(({ pid }) => pid), [1]);
  },
);
