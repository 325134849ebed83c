import { NONCE_TERMINAL } from "./constants.ts";
import { crc32c } from "./crc32c.ts";
import type { DecodeErrorReason } from "./decode_error.ts";
import type { Frame } from "./frame.ts";
import { MaxUint32, MaxUint64, Offset } from "./layout.ts";
import { Status } from "./status.ts";
import type { VlpVersion } from "./vlp_version.ts";

/** What differs from one version of the protocol to the next. */
export interface Protocol {
  readonly version: VlpVersion;
  readonly maxPayload: bigint;
  /** Whether the nonce begins again at 0 behind the last, or stays at the last. */
  readonly nonceWraps: boolean;
  /** Completes a frame whose fields are written. */
  seal(frame: DataView): void;
  /** Whether the frame is as it was sealed. */
  isIntact(frame: DataView): boolean;
  /** The first rule that the fields break, each of them being in its range. */
  brokenRule(frame: Frame): DecodeErrorReason | undefined;
}

const version1: Protocol = {
  version: 1,
  maxPayload: MaxUint64,
  nonceWraps: false,
  seal: () => {},
  isIntact: () => true,
  brokenRule: () => undefined,
};

const version2: Protocol = {
  version: 2,
  maxPayload: BigInt(MaxUint32),
  nonceWraps: true,
  seal(frame) {
    frame.setUint32(Offset.Crc, crc32c(frame, Offset.Crc), true);
  },
  isIntact(frame) {
    return frame.getUint32(Offset.Crc, true) === crc32c(frame, Offset.Crc);
  },
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
export function protocolOf(version: unknown): Protocol | undefined {
  if (version === 1) return version1;
  if (version === 2) return version2;
}
