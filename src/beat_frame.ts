import type { Bytes } from "../ffi/bytes.ts";
import type { MonotonicClock } from "../ffi/monotonic_clock.ts";
import { processId } from "../ffi/process_id.ts";
import { FRAME_LENGTH, MAGIC } from "./constants.ts";
import { MaxUint32, Offset } from "./layout.ts";
import type { Protocol } from "./protocol.ts";
import { Status } from "./status.ts";

/**
 * An agent's own 32 bytes, which every beat writes anew. The nonce lives in
 * them, since no JavaScript number holds it. Nothing here allocates after
 * construction.
 */
export class BeatFrame {
  /** The frame as it goes on the wire. */
  readonly bytes: Bytes = new Uint8Array(FRAME_LENGTH);
  readonly #view: DataView = new DataView(this.bytes.buffer);
  readonly #protocol: Protocol;
  readonly #clock: MonotonicClock;
  readonly #maxPayload: number;

  /**
   * @param protocol The version that is spoken.
   * @param clock Where timestamps come from.
   * @param nonce The nonce of the last beat so far.
   */
  constructor(protocol: Protocol, clock: MonotonicClock, nonce = 0n) {
    this.#protocol = protocol;
    this.#clock = clock;
    this.#maxPayload = Math.min(
      Number(protocol.maxPayload),
      Number.MAX_SAFE_INTEGER,
    );
    this.bytes.set(MAGIC, Offset.Magic);
    this.bytes[Offset.Version] = protocol.version;
    this.#view.setBigUint64(Offset.Nonce, nonce, true);
  }

  /** The nonce of the last beat. */
  get nonce(): bigint {
    return this.#view.getBigUint64(Offset.Nonce, true);
  }

  /** Whether a beat can say this: untyped callers may pass anything. */
  accepts(status: unknown, payload: unknown): boolean {
    return (status === Status.Ok || status === Status.Degraded ||
      status === Status.Critical) &&
      (typeof payload === "bigint"
        ? payload >= 0n && payload <= this.#protocol.maxPayload
        : Number.isInteger(payload) && payload as number >= 0 &&
          payload as number <= this.#maxPayload);
  }

  /** Counts one beat more, short of `NONCE_TERMINAL`. */
  advanceNonce(): void {
    const low = (this.#view.getUint32(Offset.Nonce, true) + 1) >>> 0;
    const carry = low === 0 ? 1 : 0;
    const high = this.#view.getUint32(Offset.Nonce + 4, true) + carry;
    if (low === MaxUint32 && high === MaxUint32) {
      if (this.#protocol.nonceWraps) this.#setNonce(0, 0);
    } else {
      this.#setNonce(low, high);
    }
  }

  /** Writes the fields of a beat that {@linkcode BeatFrame.accepts} has passed. */
  write(status: Status, payload: number | bigint): void {
    const view = this.#view;
    view.setUint8(Offset.Status, status);
    view.setUint32(Offset.Pid, processId(), true);
    this.#clock.writeElapsed(view, Offset.Timestamp);
    if (typeof payload === "bigint") {
      view.setBigUint64(Offset.Payload, payload, true);
    } else {
      view.setUint32(Offset.Payload, payload, true);
      view.setUint32(Offset.Payload + 4, payload / 2 ** 32, true);
    }
    this.#protocol.seal(view);
  }

  #setNonce(low: number, high: number): void {
    this.#view.setUint32(Offset.Nonce, low, true);
    this.#view.setUint32(Offset.Nonce + 4, high, true);
  }
}
