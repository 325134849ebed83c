import type { Moment } from "../../ffi/monotonic_clock.ts";
import { systemError, type SystemFailure } from "../../ffi/failure.ts";
import type { VlpVersion } from "../../mod.ts";
import { BeatFrame } from "../../src/agent/_frame_writer.ts";
import type { BeatSocket, Endpoint } from "../../src/endpoint/_endpoint.ts";
import { FRAME_WORDS } from "../../src/frame/_layout.ts";
import { protocolOf } from "../../src/frame/_protocol.ts";
import { Varta } from "../../src/agent/varta.ts";

/** What a scripted agent is made of. */
export interface ScriptedOptions {
  version?: VlpVersion;
  nonce?: bigint;
  reconnectAfter?: number;
  start?: Moment;
}

/**
 * An endpoint whose sockets answer as the test says: for what no kernel can be
 * made to answer at will.
 */
export class ScriptedEndpoint implements Endpoint {
  readonly versions: readonly VlpVersion[] = [1, 2];
  /** What each send answers, in order: 0 for sent, or an errno. */
  readonly sends: number[] = [];
  /** What each open answers, in order: 0 for a socket, or an errno; 0 behind the last. */
  readonly opens: number[] = [];
  /** Every datagram that was handed to a socket, with that socket's number. */
  readonly attempts: { socket: number; bytes: Uint8Array }[] = [];
  /** The numbers of the sockets that are open, from 1. */
  readonly openSockets: Set<number> = new Set();
  #count = 0;

  open(): BeatSocket | SystemFailure {
    const errno = this.opens.shift() ?? 0;
    if (errno !== 0) return { syscall: "connect", errno };
    const socket = ++this.#count;
    this.openSockets.add(socket);
    return {
      send: ({ words, begin }: BeatFrame, length: bigint) => {
        const frame = words.slice(begin, begin + FRAME_WORDS);
        const bytes = new Uint8Array(frame.buffer, 0, Number(length));
        this.attempts.push({ socket, bytes });
        const errno = this.sends.shift();
        if (errno === undefined) throw new Error("The script has no such send");
        return errno === 0 ? bytes.length : -errno;
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

  /** An agent that beats to this endpoint. */
  connect(options: ScriptedOptions = {}): Varta {
    const { version = 1, nonce = 0n, reconnectAfter = 0 } = options;
    const frame = new BeatFrame(protocolOf(version)!, options.start, nonce);
    // The constructor is private: its users have Varta.connect().
    return Reflect.construct(Varta, [
      this,
      this.open(),
      frame,
      reconnectAfter,
    ]);
  }
}

/** The state that an agent shows to `console.log`. */
export function stateOf(agent: Varta): { nonce: bigint; drops: number } {
  const match = /nonce: (\d+), drops: (\d+)/.exec(Deno.inspect(agent))!;
  return { nonce: BigInt(match[1]), drops: Number(match[2]) };
}
