import { type Frame, MAGIC, NONCE_TERMINAL, type VlpVersion } from "./frame.ts";
import { MAX_UINT32, MAX_UINT64 } from "./_layout.ts";
import { Status } from "./status.ts";

/** A rule that the fields of a frame can violate together. */
export type Violation =
  | "StallOnWire"
  | "BadPid"
  | "BadTimestamp"
  | "BadNonce";

/** The limits and rules of a version of the protocol. */
export interface Protocol {
  readonly version: VlpVersion;
  readonly maxPayload: bigint;
  /** The largest payload that can be a number: above 2^53 − 1 it must be a bigint. */
  readonly maxNumberPayload: number;
  /** Whether the nonce after the last one is 0. If not, it stays at the last one. */
  readonly nonceWraps: boolean;
  readonly hasChecksum: boolean;
  /** Whether the timestamp of a beat is the time of the system's clock itself. */
  readonly hasSystemTime: boolean;
  readonly minPid: number;
  /** Returns the first rule that the fields violate. Each must be in its range. */
  findViolation(frame: Frame): Violation | undefined;
}

const version1: Protocol = {
  version: 1,
  maxPayload: MAX_UINT64,
  maxNumberPayload: Number.MAX_SAFE_INTEGER,
  nonceWraps: false,
  hasChecksum: false,
  hasSystemTime: false,
  minPid: 0,
  findViolation: () => undefined,
};

const version2: Protocol = {
  version: 2,
  maxPayload: BigInt(MAX_UINT32),
  maxNumberPayload: MAX_UINT32,
  nonceWraps: true,
  hasChecksum: true,
  hasSystemTime: true,
  minPid: 2,
  findViolation({ status, pid, timestamp, nonce }) {
    if (status === Status.Stall) return "StallOnWire";
    if (pid < this.minPid) return "BadPid";
    if (timestamp === MAX_UINT64) return "BadTimestamp";
    if (nonce === NONCE_TERMINAL && status !== Status.Critical) {
      return "BadNonce";
    }
  },
};

/** Returns the protocol of a version; `undefined` if there is no such version. */
export function protocolOf(version: VlpVersion): Protocol;
export function protocolOf(version: unknown): Protocol | undefined;
export function protocolOf(version: unknown): Protocol | undefined {
  if (version === 1) return version1;
  if (version === 2) return version2;
}

/** Returns the first word of a frame: magic, version and status. */
export function encodeHeader(version: VlpVersion, status: Status): number {
  return MAGIC[0] | MAGIC[1] << 8 | version << 16 | status << 24;
}
