import type { Frame } from "./frame.ts";
import { writeChecksum } from "./_crc32c.ts";
import {
  FRAME_LENGTH,
  MaxUint32,
  MaxUint64,
  Word,
  writeUint64,
} from "./_layout.ts";
import { headOf, type Protocol, protocolOf } from "./_protocol.ts";
import { Status } from "./status.ts";

const octets = new Uint8Array(FRAME_LENGTH);
const words = new Uint32Array(octets.buffer);

/**
 * Writes a frame as the 32 bytes that go on the wire.
 *
 * Where it throws, nothing is written.
 *
 * @throws {RangeError} Where a field does not fit its version, or `into` is
 * shorter than 32 bytes.
 * @throws {TypeError} Where `into` is not a `Uint8Array`.
 *
 * @example
 * ```ts
 * import { decodeFrame, encodeFrame, FRAME_LENGTH, Status } from "@varta/client";
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = new Uint8Array(FRAME_LENGTH);
 * encodeFrame({
 *   version: 1,
 *   status: Status.Ok,
 *   pid: 4242,
 *   timestamp: 0n,
 *   nonce: 1n,
 *   payload: 7n,
 * }, bytes);
 *
 * assertEquals(decodeFrame(bytes).payload, 7n);
 * ```
 *
 * @param frame The fields.
 * @param into Where the frame is written, from its first byte on.
 */
export function encodeFrame(frame: Frame, into: Uint8Array): void {
  // A copy: what was checked is what is written, even of a frame with getters.
  const { version, status, pid, timestamp, nonce, payload } = frame;
  const fields = { version, status, pid, timestamp, nonce, payload };
  const protocol = checkFields(fields);
  if (!(into instanceof Uint8Array)) {
    throw new TypeError("Cannot encode frame: into must be a Uint8Array");
  }
  if (into.length < FRAME_LENGTH) {
    throw new RangeError(
      `Cannot encode frame: it takes ${FRAME_LENGTH} bytes, and there is room for ${into.length}`,
    );
  }
  words[Word.Head] = headOf(version, status);
  words[Word.Pid] = pid;
  writeUint64(words, Word.Timestamp, timestamp);
  writeUint64(words, Word.Nonce, nonce);
  writeUint64(words, Word.Payload, payload);
  if (protocol.hasChecksum) writeChecksum(words, 0);
  into.set(octets);
}

function checkFields(frame: Frame): Protocol {
  const { version, status, pid, timestamp, nonce, payload } = frame;
  const protocol = protocolOf(version);
  if (protocol === undefined) throw misfit("version", version, "1 or 2");
  checkNumber("status", status, Status.Stall);
  checkNumber("pid", pid, MaxUint32);
  checkBigint("timestamp", timestamp, MaxUint64);
  checkBigint("nonce", nonce, MaxUint64);
  checkBigint("payload", payload, protocol.maxPayload);
  switch (protocol.brokenRule(frame)) {
    case "StallOnWire":
      throw misfit("status", status, "one that an agent sends, not Stall");
    case "BadPid":
      throw misfit("pid", pid, "at least 2");
    case "BadTimestamp":
      throw misfit("timestamp", timestamp, `below ${MaxUint64}n`);
    case "BadNonce":
      throw misfit("nonce", nonce, `below ${MaxUint64}n unless Critical`);
  }
  return protocol;
}

function checkNumber(field: keyof Frame, value: number, max: number): void {
  if (!Number.isInteger(value) || value < 0 || value > max) {
    throw misfit(field, value, `an integer from 0 to ${max}`);
  }
}

function checkBigint(field: keyof Frame, value: bigint, max: bigint): void {
  if (typeof value !== "bigint" || value < 0n || value > max) {
    throw misfit(field, value, `a bigint from 0n to ${max}n`);
  }
}

function misfit(
  field: keyof Frame,
  value: unknown,
  range: string,
): RangeError {
  return new RangeError(
    `Cannot encode frame: ${field} must be ${range}: received ${
      Deno.inspect(value)
    }`,
  );
}
