import type { DecodeErrorReason } from "./decode_error.ts";
import type { Frame } from "./frame.ts";
import { MAGIC, MaxUint32, MaxUint64, NONCE_TERMINAL } from "./_layout.ts";
import { Status } from "./status.ts";
import type { VlpVersion } from "./vlp_version.ts";

/** What differs from one version of the protocol to the next. */
export interface Protocol {
  readonly version: VlpVersion;
  readonly maxPayload: bigint;
  /** The same for a number, of which none above 2^53 is exact. */
  readonly maxNumberPayload: number;
  /** Whether the nonce begins again at 0 behind the last, or stays at the last. */
  readonly nonceWraps: boolean;
  readonly hasChecksum: boolean;
  /** The first rule that the fields break, each of them being in its range. */
  brokenRule(frame: Frame): DecodeErrorReason | undefined;
}

const version1: Protocol = {
  version: 1,
  maxPayload: MaxUint64,
  maxNumberPayload: Number.MAX_SAFE_INTEGER,
  nonceWraps: false,
  hasChecksum: false,
  brokenRule: () => undefined,
};

const version2: Protocol = {
  version: 2,
  maxPayload: BigInt(MaxUint32),
  maxNumberPayload: MaxUint32,
  nonceWraps: true,
  hasChecksum: true,
  brokenRule({ status, pid, timestamp, nonce }) {
    if (status === Status.Stall) return "StallOnWire";
    if (pid < 2) return "BadPid";
    if (timestamp === MaxUint64) return "BadTimestamp";
    if (nonce === NONCE_TERMINAL && status !== Status.Critical) {
      return "BadNonce";
    }
  },
};

/** The protocol of a version, or `undefined` where there is no such version. */
export function protocolOf(version: VlpVersion): Protocol;
export function protocolOf(version: unknown): Protocol | undefined;
export function protocolOf(version: unknown): Protocol | undefined {
  if (version === 1) return version1;
  if (version === 2) return version2;
}

/** The first word of a frame. */
export function headOf(version: VlpVersion, status: Status): number {
  return withStatus(MAGIC[0] | MAGIC[1] << 8 | version << 16, status);
}

/** The first word of a frame, with another status. */
export function withStatus(head: number, status: Status): number {
  return head & 0x00ff_ffff | status << 24;
}
