import {
  failureOf,
  systemError,
  type SystemFailure,
} from "../../ffi/failure.ts";
import type { Message } from "../../ffi/message.ts";
import type { MonotonicClock } from "../../ffi/monotonic_clock.ts";
import type { VlpVersion } from "../../mod.ts";
import { FrameWriter } from "../../src/agent/_frame_writer.ts";
import { Varta } from "../../src/agent/varta.ts";
import type { Endpoint } from "../../src/endpoint/_endpoint.ts";
import { protocolOf } from "../../src/frame/_protocol.ts";

/** What a scripted agent starts with. */
export interface ScriptedOptions {
  version?: VlpVersion;
  reconnectAfter?: number;
  /** Whether the agent is lazy and not connected yet. */
  lazy?: boolean;
  nonceSource?: "count" | "clock";
  /** The nonce of the last beat. */
  nonce?: bigint;
  clock?: MonotonicClock;
}

/**
 * An endpoint whose system calls have the results that a test lists, for results
 * that no kernel gives at will.
 */
export class ScriptedEndpoint implements Endpoint {
  readonly versions: readonly VlpVersion[] = [1, 2];
  /** The result of each send, in order: 0 for sent, or an errno. */
  readonly sends: number[] = [];
  /** The result of each connect, in order: 0 or an errno; 0 after the last one. */
  readonly connects: number[] = [];
  /** Every datagram that was sent, with the number of its connection, from 1. */
  readonly attempts: { connection: number; bytes: Uint8Array }[] = [];
  readonly canBeLazy = true;
  isConnected = false;
  isClosed = false;
  /** The number of the current connection; 0 before the first. */
  connection = 0;

  connect(): SystemFailure | undefined {
    const errno = this.connects.shift() ?? 0;
    if (errno !== 0) return failureOf("connect", errno);
    this.connection++;
    this.isConnected = true;
  }

  send({ words, length }: Message): SystemFailure | undefined {
    const failure = this.isConnected ? undefined : this.connect();
    if (failure !== undefined) return failure;
    const bytes = new Uint8Array(words.slice().buffer, 0, Number(length));
    this.attempts.push({ connection: this.connection, bytes });
    const errno = this.sends.shift();
    if (errno === undefined) throw new Error("The script has no more sends");
    return errno === 0 ? undefined : failureOf("send", errno);
  }

  close(): void {
    this.isConnected = false;
    this.isClosed = true;
  }

  errorFor(failure: SystemFailure) {
    return systemError(failure, "Cannot open the scripted endpoint");
  }

  toString(): string {
    return '"scripted"';
  }

  /** Creates an agent that beats to this endpoint. */
  createAgent(options: ScriptedOptions = {}): Varta {
    const { version = 1, reconnectAfter = 0, lazy = false } = options;
    const { nonceSource = "count", nonce, clock } = options;
    const protocol = protocolOf(version);
    const frame = new FrameWriter(protocol, nonceSource, nonce, clock);
    if (!lazy) this.connect();
    // The constructor is private: users call Varta.connect().
    return Reflect.construct(Varta, [this, frame, reconnectAfter]);
  }
}
