import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { type System, system } from "../../ffi/system.ts";
import * as systems from "../support/systems.ts";
import { BeatError, type BeatOutcome, classifySendError } from "../../mod.ts";
import { createClassifier } from "../../src/agent/classify_send_error.ts";

const { darwin, ...others } = systems;

const reasons: Record<string, string> = {
  ENOBUFS: "kernel-queue-full",
  EAGAIN: "kernel-queue-full",
  EWOULDBLOCK: "kernel-queue-full",
  ECONNREFUSED: "no-observer",
  ENOENT: "no-observer",
  ECONNRESET: "peer-gone",
  ENOTCONN: "peer-gone",
  EPIPE: "peer-gone",
  ENOSPC: "storage-full",
  ENOMEM: "out-of-memory",
};

function assertClassifies(
  system: System,
  reasons: Record<string, string>,
) {
  const classify = createClassifier(system);
  const dropped = new Set<number>();
  for (const [name, reason] of Object.entries(reasons)) {
    const errno = system.errno[name];
    const { code, ...outcome } = classify(errno) as BeatOutcome & {
      code: string;
    };
    assertEquals(outcome, { kind: "dropped", reason, errno } as BeatOutcome);
    assertEquals(system.errno[code], errno);
    dropped.add(errno);
  }
  for (const [name, errno] of Object.entries(system.errno)) {
    if (dropped.has(errno)) continue;
    assertEquals(classify(errno).kind, "failed", name);
  }
}

Deno.test("classifySendError() gives the reason of the contract, and else failed, by each system's numbers", () => {
  for (const system of Object.values(others)) {
    assertClassifies(system, reasons);
  }
});

Deno.test("classifySendError() gives peer-gone for EDESTADDRREQ on macOS alone", () => {
  assertClassifies(darwin, { ...reasons, EDESTADDRREQ: "peer-gone" });
  assertEquals(createClassifier(darwin)(39).kind, "dropped");
  assertEquals(createClassifier(systems.linux)(89).kind, "failed");
});

Deno.test("classifySendError() knows ENOBUFS by its number", () => {
  for (const [system, errno] of [[systems.linux, 105], [darwin, 55]] as const) {
    assertEquals(createClassifier(system)(errno), {
      kind: "dropped",
      reason: "kernel-queue-full",
      errno,
      code: "ENOBUFS",
    });
  }
});

Deno.test("classifySendError() gives a BeatError with errno and code where it failed", () => {
  const outcome = classifySendError(system.errno.EMSGSIZE);
  assert(outcome.kind === "failed");
  assert(outcome.error instanceof BeatError);
  assertEquals(outcome.error.errno, system.errno.EMSGSIZE);
  assertEquals(outcome.error.code, "EMSGSIZE");
});

Deno.test("classifySendError() is failed, UNKNOWN, for what is no errno", () => {
  for (const errno of [0, -1, 4095, 1.5, NaN, Infinity]) {
    const outcome = classifySendError(errno);
    assert(outcome.kind === "failed");
    assertEquals(outcome.error.errno, errno);
    assertEquals(outcome.error.code, "UNKNOWN");
  }
});

Deno.test("classifySendError() gives the same frozen object for the same errno", () => {
  for (let errno = 0; errno < 200; errno++) {
    const outcome = classifySendError(errno);
    assertStrictEquals(classifySendError(errno), outcome);
    assert(Object.isFrozen(outcome));
    if (outcome.kind === "failed") assert(Object.isFrozen(outcome.error));
  }
});

Deno.test("classifySendError() is never sent", () => {
  for (let errno = -200; errno < 200; errno++) {
    assert(classifySendError(errno).kind !== "sent");
  }
});
