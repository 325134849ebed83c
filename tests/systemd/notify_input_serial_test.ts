import { assertEquals, assertThrows } from "@std/assert";
import { notify, type NotifyState } from "../../src/systemd/mod.ts";
import { Environment, Manager } from "./receiver.ts";

/** Asserts that a state is refused, and that nothing is sent. */
function assertRefuses(
  state: unknown,
  Class: typeof TypeError | typeof RangeError,
  message: string,
): void {
  using manager = new Manager();
  for (const name of [manager.name, undefined]) {
    using _environment = new Environment({ NOTIFY_SOCKET: name });
    const error = assertThrows(() => notify(state as NotifyState), Class);
    assertEquals(error.message, `Cannot notify systemd: ${message}`);
    assertEquals(error.constructor, Class);
  }
  assertEquals(manager.receiveTexts(), []);
}

Deno.test("notify() refuses a status that would forge a line", () => {
  for (const status of ["a\nREADY=1", "a\n", "a\rREADY=1", "a\0b", "\0"]) {
    assertRefuses(
      { ready: true, status },
      RangeError,
      `status must be a string without newlines, carriage returns and NULs: received ${
        Deno.inspect(status)
      }`,
    );
  }
});

Deno.test("notify() refuses a status that systemd would not read", () => {
  for (const status of ["x".repeat(3841), "ü".repeat(1921)]) {
    assertRefuses(
      { status },
      RangeError,
      `status must be at most 3840 bytes long in UTF-8: received ${
        new TextEncoder().encode(status).length
      }`,
    );
  }
});

Deno.test("notify() refuses a number that is out of range", () => {
  const integers = { errno: [0, 4095], exitStatus: [0, 255] } as Record<
    string,
    [min: number, max: number]
  >;
  integers.mainPid = [1, 2 ** 31 - 1];
  for (const [field, [min, max]] of Object.entries(integers)) {
    for (const value of [min - 1, max + 1, 1.5, NaN, Infinity, -Infinity]) {
      assertRefuses(
        { [field]: value },
        RangeError,
        `${field} must be an integer from ${min} to ${max}: received ${value}`,
      );
    }
  }
  for (const field of ["extendTimeout", "watchdogTimeout"]) {
    for (const value of [0, 0.0004, -1, NaN, Infinity, 9007199254741]) {
      assertRefuses(
        { [field]: value },
        RangeError,
        `${field} must be a number of milliseconds from 0.001 to 2^53 / 1000: received ${value}`,
      );
    }
  }
});

Deno.test("notify() refuses a string that a field cannot have", () => {
  const fields: Record<string, string> = {
    watchdog: 'true or "trigger"',
    notifyAccess: '"none" or "main" or "exec" or "all"',
  };
  for (const [field, expected] of Object.entries(fields)) {
    for (const value of ["", "1", "true", "ALL", "main\nREADY=1"]) {
      assertRefuses(
        { [field]: value },
        RangeError,
        `${field} must be ${expected}: received ${Deno.inspect(value)}`,
      );
    }
  }
});

Deno.test("notify() refuses a value of the wrong type", () => {
  const wrong: Record<keyof NotifyState, [string, ...unknown[]]> = {
    ready: ["true", false, 1, "1", null],
    reloading: ["true", false],
    stopping: ["true", false],
    status: [
      "a string without newlines, carriage returns and NULs",
      ...[1, null, ["a"]],
    ],
    errno: ["an integer from 0 to 4095", "2", 2n, null, true],
    exitStatus: ["an integer from 0 to 255", "2", 2n],
    mainPid: ["an integer from 1 to 2147483647", "2", 2n],
    extendTimeout: [
      "a number of milliseconds from 0.001 to 2^53 / 1000",
      "2",
      2n,
    ],
    watchdogTimeout: [
      "a number of milliseconds from 0.001 to 2^53 / 1000",
      "2",
      2n,
    ],
    watchdog: ['true or "trigger"', false, 1],
    restartReset: ["true", false, 1, "true"],
    notifyAccess: ['"none" or "main" or "exec" or "all"', true, 1, null],
  };
  for (const [field, [expected, ...values]] of Object.entries(wrong)) {
    for (const value of values) {
      assertRefuses(
        { [field]: value },
        TypeError,
        `${field} must be ${expected}: received ${Deno.inspect(value)}`,
      );
    }
  }
  for (const state of [undefined, null, "READY=1", 1, true]) {
    const received = Deno.inspect(state);
    assertRefuses(
      state,
      TypeError,
      `state must be an object: received ${received}`,
    );
  }
});

Deno.test("notify() refuses an empty state", () => {
  for (const state of [{}, { ready: undefined }, []]) {
    assertRefuses(state, TypeError, "the state is empty");
  }
});

Deno.test("notify() refuses an unknown field", () => {
  const fields = ["redy", "READY", "toString", "__proto__"];
  for (const field of fields) {
    assertRefuses(
      JSON.parse(`{ "ready": true, "${field}": 1 }`),
      TypeError,
      `there is no field "${field}": use ready, reloading, stopping, status, errno, exitStatus, mainPid, extendTimeout, watchdogTimeout, watchdog, restartReset, notifyAccess`,
    );
  }
});
