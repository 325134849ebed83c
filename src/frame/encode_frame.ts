import { checkInteger, invalidOption } from "../_invalid_option.ts";
import { crc32c } from "./_crc32c.ts";
import { MAX_UINT32, MAX_UINT64, Word, writeUint64 } from "./_layout.ts";
import {
  encodeHeader,
  type Protocol,
  protocolOf,
  type Violation,
} from "./_protocol.ts";
import { type Frame, FRAME_LENGTH } from "./frame.ts";
import { Status } from "./status.ts";

const octets = new Uint8Array(FRAME_LENGTH);
const words = new Uint32Array(octets.buffer);

/**
 * Encodes a frame as the 32 bytes that go on the wire.
 *
 * If it throws, nothing is written.
 *
 * @example Encode a frame of version 1
 * ```ts
 * import {
 *   decodeFrame,
 *   encodeFrame,
 *   FRAME_LENGTH,
 *   Status,
 * } from "@varta/client";
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
 * @param into The array that the frame is written to, from its first byte.
 * @throws {RangeError} If a field does not fit its version, or `into` is shorter
 * than 32 bytes.
 * @throws {TypeError} If a field has the wrong type, or `into` is not a
 * `Uint8Array`.
 */
export function encodeFrame(frame: Frame, into: Uint8Array): void {
  // A copy, so that the checked values are written even if the frame has getters.
  const { version, status, pid, timestamp, nonce, payload } = frame;
  const fields = { version, status, pid, timestamp, nonce, payload };
  const protocol = checkFields(fields);
  if (!(into instanceof Uint8Array)) {
    throw new TypeError(`Cannot ${ACTION}: into must be a Uint8Array`);
  }
  if (into.length < FRAME_LENGTH) {
    throw new RangeError(
      `Cannot ${ACTION}: into must have at least ${FRAME_LENGTH} bytes: received ${into.length}`,
    );
  }
  words[Word.HEADER] = encodeHeader(version, status);
  words[Word.PID] = pid;
  writeUint64(words, Word.TIMESTAMP, timestamp);
  writeUint64(words, Word.NONCE, nonce);
  writeUint64(words, Word.PAYLOAD, payload);
  if (protocol.hasChecksum) words[Word.CRC] = crc32c(words, Word.CRC);
  into.set(octets);
}

const ACTION = "encode frame";

function checkFields(frame: Frame): Protocol {
  const { version, status, pid, timestamp, nonce, payload } = frame;
  const protocol = protocolOf(version);
  if (protocol === undefined) {
    throw invalidOption(ACTION, "version", "1 or 2", version, "number");
  }
  checkInteger(ACTION, "status", status, 0, Status.Stall);
  checkInteger(ACTION, "pid", pid, 0, MAX_UINT32);
  checkBigint("timestamp", timestamp, MAX_UINT64);
  checkBigint("nonce", nonce, MAX_UINT64);
  checkBigint("payload", payload, protocol.maxPayload);
  const violation = protocol.findViolation(frame);
  if (violation === undefined) return protocol;
  const [field, expected] = expectations[violation];
  const type = typeof frame[field] as "number" | "bigint";
  throw invalidOption(ACTION, field, expected, frame[field], type);
}

const expectations: Record<Violation, [field: keyof Frame, expected: string]> =
  {
    StallOnWire: ["status", "Ok, Degraded or Critical"],
    BadPid: ["pid", "at least 2"],
    BadTimestamp: ["timestamp", `below ${MAX_UINT64}n`],
    BadNonce: ["nonce", `below ${MAX_UINT64}n unless Critical`],
  };

function checkBigint(field: keyof Frame, value: bigint, max: bigint): void {
  if (typeof value === "bigint" && value >= 0n && value <= max) return;
  const expected = `a bigint from 0n to ${max}n`;
  throw invalidOption(ACTION, field, expected, value, "bigint");
}
