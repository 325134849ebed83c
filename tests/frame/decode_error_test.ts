import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { DecodeError, type DecodeErrorReason } from "../../mod.ts";

// A record, so that the compiler finds a reason that is missing here.
const parts: Record<DecodeErrorReason, string> = {
  BadLength: "32 bytes",
  BadMagic: "0x56 0x41",
  BadVersion: "version",
  BadCrc: "checksum",
  BadStatus: "status",
  StallOnWire: "Stall",
  BadPid: "pid",
  BadTimestamp: "timestamp",
  BadNonce: "nonce",
};
const reasons = Object.keys(parts) as DecodeErrorReason[];

Deno.test("DecodeError is an Error of its own name", () => {
  const error = new DecodeError("BadCrc");
  assert(error instanceof Error);
  assertEquals(error.name, "DecodeError");
  assert(String(error).startsWith("DecodeError: Cannot decode frame: "));
});

Deno.test("DecodeError.reason is the reason that it was made with", () => {
  for (const reason of reasons) {
    assertEquals(new DecodeError(reason).reason, reason);
  }
});

Deno.test("DecodeError.message says the cause in words, and the reason", () => {
  for (const reason of reasons) {
    const { message } = new DecodeError(reason);
    assertStringIncludes(message, parts[reason]);
    assert(message.endsWith(` (${reason})`), message);
  }
});
