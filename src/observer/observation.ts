import type { DecodeErrorReason } from "../frame/decode_error.ts";
import type { Frame } from "../frame/frame.ts";

/**
 * Who sent a datagram, by the word of the observer's own kernel.
 *
 * @see {@link https://man7.org/linux/man-pages/man7/unix.7.html unix(7)}, of
 * `SCM_CREDENTIALS`
 *
 * @example
 * ```ts
 * import { Status, Varta } from "@varta/client";
 * import { Observer, type Peer } from "@varta/client/observer";
 * import { assertEquals } from "@std/assert";
 *
 * const path = `/tmp/varta-${Deno.pid}.sock`;
 * using observer = Observer.bind(path);
 * using agent = Varta.connect(path);
 * agent.beat(Status.Ok);
 *
 * // None where the system does not attest it; Linux does.
 * const peer: Peer | undefined = observer.receive()?.peer;
 * if (peer !== undefined) assertEquals(peer.pid, Deno.pid);
 * ```
 */
export interface Peer {
  /**
   * The process, as the observer's pid namespace counts; 0 for one that is not in
   * it, whose frames are therefore each a `"PidMismatch"`.
   */
  readonly pid: number;
  /** The user that it runs as, a uid. */
  readonly uid: number;
  /** The group that it runs as, a gid. */
  readonly gid: number;
}

/**
 * A beat that has come.
 *
 * @example
 * ```ts
 * import { Status, Varta } from "@varta/client";
 * import { type Beat, Observer } from "@varta/client/observer";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const path = `/tmp/varta-${Deno.pid}.sock`;
 * using observer = Observer.bind(path);
 * using agent = Varta.connect(path);
 * agent.beat(Status.Degraded, 17);
 *
 * const observation = observer.receive();
 * assert(observation?.kind === "beat");
 * const { frame }: Beat = observation;
 * assertEquals(frame.payload, 17n);
 * ```
 */
export interface Beat {
  /** Tells it from a rejection. */
  readonly kind: "beat";
  /** What it says. */
  readonly frame: Frame;
  /** Who sent it; absent where the system does not attest it. */
  readonly peer?: Peer;
}

/**
 * A datagram that has come, and is no beat.
 *
 * @example
 * ```ts
 * import { Status, Varta } from "@varta/client";
 * import { Observer, type Rejection } from "@varta/client/observer";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const path = `/tmp/varta-${Deno.pid}.sock`;
 * using observer = Observer.bind(path, { version: 2 });
 * using agent = Varta.connect(path, { version: 1 });
 * agent.beat(Status.Ok);
 *
 * const observation = observer.receive();
 * assert(observation?.kind === "rejected");
 * const { reason, bytes }: Rejection = observation;
 * assertEquals(reason, "BadVersion");
 * assertEquals(bytes.length, 32);
 * ```
 */
export interface Rejection {
  /** Tells it from a beat. */
  readonly kind: "rejected";
  /**
   * The check of the protocol that the datagram failed first; or
   * `"PidMismatch"`, where it is a frame, but not of the process that sent it.
   */
  readonly reason: DecodeErrorReason | "PidMismatch";
  /** The datagram; of one longer than 64 bytes, the first 64. */
  readonly bytes: Uint8Array;
  /** Who sent it; absent where the system does not attest it. */
  readonly peer?: Peer;
}

/**
 * What an observer sees: a beat, or a datagram that is none.
 *
 * @example
 * ```ts
 * import { Observer, type Observation } from "@varta/client/observer";
 * import { assertEquals } from "@std/assert";
 *
 * function describe(observation: Observation): string {
 *   switch (observation.kind) {
 *     case "beat":
 *       return `beat ${observation.frame.nonce} of ${observation.frame.pid}`;
 *     case "rejected":
 *       return `${observation.reason}, sent by ${observation.peer?.pid}`;
 *   }
 * }
 *
 * using observer = Observer.bind(`/tmp/varta-${Deno.pid}.sock`);
 * const observation = observer.receive();
 *
 * assertEquals(observation && describe(observation), null);
 * ```
 */
export type Observation = Beat | Rejection;
