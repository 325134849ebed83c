import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { type System, system } from "../../ffi/system.ts";
import { BeatError, type BeatOutcome, classifySendError } from "../../mod.ts";
import { classify } from "../../src/agent/outcome.ts";
import { DROP_REASONS } from "../support/outcomes.ts";
import { resultOf } from "../support/process.ts";
import * as systems from "../support/systems.ts";

const { android, darwin, freebsd, linux, netbsd, openbsd } = systems;

function classifyOn(system: System, errno: number): BeatOutcome {
  return classify(errno, system, new Map());
}

/** Asserts the outcome of every errno that a system has a name for. */
function assertClassifies(system: System, reasons: Record<string, string>) {
  const dropped = new Set<number>();
  for (const [name, reason] of Object.entries(reasons)) {
    const errno = system.errno[name];
    const outcome = classifyOn(system, errno);
    assert(outcome.kind === "dropped", name);
    assertEquals([outcome.reason, outcome.errno], [reason, errno], name);
    assertEquals(system.errno[outcome.code], errno);
    dropped.add(errno);
  }
  for (const [name, errno] of Object.entries(system.errno)) {
    if (dropped.has(errno)) continue;
    assertEquals(classifyOn(system, errno).kind, "failed", name);
  }
}

Deno.test("classifySendError() gives the reasons of the contract on each system", () => {
  for (const system of [linux, android]) {
    assertClassifies(system, DROP_REASONS);
  }
  for (const system of [darwin, freebsd, netbsd, openbsd]) {
    assertClassifies(system, { ...DROP_REASONS, EDESTADDRREQ: "peer-gone" });
    assertEquals(classifyOn(system, 39).kind, "dropped");
  }
  assertEquals(classifyOn(linux, 89).kind, "failed");
});

Deno.test("classifySendError() knows ENOBUFS by its number on each system", () => {
  for (const [system, errno] of [[linux, 105], [darwin, 55]] as const) {
    assertEquals(classifyOn(system, errno), {
      kind: "dropped",
      reason: "kernel-queue-full",
      errno,
      code: "ENOBUFS",
    });
  }
});

Deno.test("classifySendError() gives a BeatError with errno and code if it failed", () => {
  const outcome = classifySendError(system.errno.EMSGSIZE);
  assert(outcome.kind === "failed");
  assertInstanceOf(outcome.error, BeatError);
  assertEquals(outcome.error.errno, system.errno.EMSGSIZE);
  assertEquals(outcome.error.code, "EMSGSIZE");
});

Deno.test("classifySendError() gives UNKNOWN for a number without a name", () => {
  const outcome = classifySendError(4095);
  assert(outcome.kind === "failed");
  assertEquals([outcome.error.errno, outcome.error.code], [4095, "UNKNOWN"]);
});

Deno.test("classifySendError() throws unless errno is an integer from 1", () => {
  const invalid = [0, -1, 1.5, NaN, Infinity, 2 ** 53, "11", null, undefined];
  for (const errno of invalid) {
    assertThrows(
      () => classifySendError(errno as number),
      typeof errno === "number" ? RangeError : TypeError,
      "Cannot classify error: errno must be an integer from 1 to",
    );
  }
});

Deno.test("classifySendError() gives the same frozen object for the same errno", () => {
  for (let errno = 1; errno < 200; errno++) {
    const outcome = classifySendError(errno);
    assert(outcome.kind !== "sent");
    assertStrictEquals(classifySendError(errno), outcome);
    assert(Object.isFrozen(outcome));
    if (outcome.kind === "failed") assert(Object.isFrozen(outcome.error));
  }
});

Deno.test("classifySendError() and DecodeError work if Error.prototype is frozen", async () => {
  const program = import.meta.resolve("./programs/frozen_error.ts");
  assertEquals(await resultOf(program), ["BeatError", "DecodeError"]);
});

Deno.test("BeatError is an Error with errno and code", () => {
  const error = new BeatError(90, "EMSGSIZE");
  assertInstanceOf(error, Error);
  assertEquals(error.name, "BeatError");
  assertEquals([error.errno, error.code], [90, "EMSGSIZE"]);
});

Deno.test("BeatError says what to do about the error", () => {
  assertEquals(
    new BeatError(9, "EBADF").message,
    "Cannot send beat: the agent is closed: connect a new one (EBADF)",
  );
  assertEquals(
    new BeatError(90, "EMSGSIZE").message,
    "Cannot send beat: send failed with errno 90, see errno(3) (EMSGSIZE)",
  );
});

Deno.test("BeatError names every rule for status and payload if one is invalid", () => {
  const { message } = new BeatError(22, "EINVAL");
  for (
    const rule of [
      "status must be Status.Ok, Degraded or Critical",
      "payload an integer from 0 to 2^64 - 1 in version 1 or 2^32 - 1 in version 2",
      "a bigint if above 2^53 - 1",
    ]
  ) assert(message.includes(rule), rule);
});

Deno.test("BeatError has its message in JSON", () => {
  const { name, message, errno, code } = new BeatError(9, "EBADF");
  assertEquals(
    JSON.parse(JSON.stringify({ error: new BeatError(9, "EBADF") })),
    { error: { name, message, errno, code } },
  );
});

Deno.test("BeatError is frozen and has no stack trace", () => {
  const error = new BeatError(9, "EBADF");
  assert(Object.isFrozen(error));
  assertEquals(error.stack, `BeatError: ${error.message}`);
});
