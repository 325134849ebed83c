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
import {
  type BeatSocket,
  type Endpoint,
  LazySocket,
} from "../../src/endpoint/_endpoint.ts";
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
  /** The result of each open, in order: 0 or an errno; 0 after the last one. */
  readonly opens: number[] = [];
  /** Every datagram that was passed to a socket, with the socket's number. */
  readonly attempts: { socket: number; bytes: Uint8Array }[] = [];
  /** The numbers of the open sockets, from 1. */
  readonly openSockets: Set<number> = new Set();
  #count = 0;

  open(): BeatSocket | SystemFailure {
    const errno = this.opens.shift() ?? 0;
    if (errno !== 0) return failureOf("connect", errno);
    const socket = ++this.#count;
    this.openSockets.add(socket);
    return {
      send: ({ words, length }: Message) => {
        const bytes = new Uint8Array(words.slice().buffer, 0, Number(length));
        this.attempts.push({ socket, bytes });
        const errno = this.sends.shift();
        if (errno === undefined) {
          throw new Error("The script has no more sends");
        }
        return errno === 0 ? undefined : failureOf("send", errno);
      },
      close: () => void this.openSockets.delete(socket),
    };
  }

  errorFor(failure: SystemFailure) {
    return systemError(failure, "Cannot open the scripted endpoint");
  }

  close(): void {}

  toString(): string {
    return '"scripted"';
  }

  /** Creates an agent that beats to this endpoint. */
  connect(options: ScriptedOptions = {}): Varta {
    const { version = 1, reconnectAfter = 0, lazy = false } = options;
    const { nonceSource = "count", nonce, clock } = options;
    const frame = new FrameWriter(
      protocolOf(version),
      nonceSource,
      nonce,
      clock,
    );
    const socket = lazy ? new LazySocket(this) : this.open();
    // The constructor is private: users call Varta.connect().
    return Reflect.construct(Varta, [this, socket, frame, reconnectAfter]);
  }
}

/** Returns the state that an agent shows to `console.log`. */
export function stateOf(agent: Varta): { nonce: bigint; drops: number } {
  const match = /nonce: (\d+), drops: (\d+)/.exec(Deno.inspect(agent))!;
  return { nonce: BigInt(match[1]), drops: Number(match[2]) };
}
