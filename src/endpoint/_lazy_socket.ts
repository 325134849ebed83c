import { isFailure, type SystemFailure } from "../../ffi/failure.ts";
import type { Message } from "../../ffi/message.ts";
import type { BeatSocket, Endpoint } from "./_endpoint.ts";

/** The socket of a lazy agent. Each `send` tries to connect it until one succeeds. */
export class LazySocket implements BeatSocket {
  readonly #endpoint: Endpoint;
  #socket: BeatSocket | undefined;

  constructor(endpoint: Endpoint) {
    this.#endpoint = endpoint;
  }

  /** Whether a socket is one that still waits for its observer. */
  static isWaiting(socket: BeatSocket): boolean {
    return socket instanceof LazySocket && socket.#socket === undefined;
  }

  send(frame: Message): SystemFailure | undefined {
    const socket = this.#socket ?? this.#endpoint.open();
    if (isFailure(socket)) return socket;
    this.#socket = socket;
    return socket.send(frame);
  }

  close(): void {
    this.#socket?.close();
  }
}
