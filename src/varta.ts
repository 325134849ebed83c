import { system } from "../ffi/system.ts";
import type { SystemFailure } from "../ffi/system_failure.ts";
import { BeatFrame } from "./beat_frame.ts";
import type { BeatOutcome } from "./beat_outcome.ts";
import { classifySendError } from "./classify_send_error.ts";
import { checkReconnectAfter, type ConnectOptions } from "./connect_options.ts";
import { type BeatSocket, type Endpoint, isFailure } from "./endpoint.ts";
import { protocolOf } from "./protocol.ts";
import { Status } from "./status.ts";
import { UnixEndpoint } from "./unix_endpoint.ts";

const SENT: BeatOutcome = Object.freeze({ kind: "sent" });
const CLOSED = classifySendError(system.errno.EBADF);
const INVALID = classifySendError(system.errno.EINVAL);

/** How often an agent has reconnected. */
export let reconnectsOf: (agent: Varta) => number;

/** `FRAME_LENGTH`, as the system call takes it. */
const FrameLength = 32n;

/**
 * An agent: it tells the observer of this host, beat by beat, that this process
 * is alive and how it is.
 *
 * @example
 * ```ts ignore
 * import { Status, Varta } from "@varta/client";
 *
 * using agent = Varta.connect("/run/varta.sock", { reconnectAfter: 3 });
 * const outcome = agent.beat(Status.Ok);
 * if (outcome.kind === "failed") throw outcome.error;
 * ```
 */
export class Varta implements Disposable {
  readonly #endpoint: Endpoint;
  readonly #frame: BeatFrame;
  /** None where the agent is closed. */
  #socket: BeatSocket | undefined;
  #reconnectAfter: number;
  #drops = 0;
  #reconnects = 0;

  static {
    reconnectsOf = (agent) => agent.#reconnects;
  }

  private constructor(
    endpoint: Endpoint,
    socket: BeatSocket,
    frame: BeatFrame,
    reconnectAfter: number,
  ) {
    this.#endpoint = endpoint;
    this.#socket = socket;
    this.#frame = frame;
    this.#reconnectAfter = reconnectAfter;
  }

  /**
   * Connects to the observer that receives at `path`.
   *
   * @throws {TypeError} Where `path` is neither a string nor a `file:` URL, is
   * empty, or holds a NUL.
   * @throws {RangeError} Where `path` is too long for a socket address (107
   * bytes on Linux, 103 on macOS and the BSDs), or an option is out of range.
   * @throws {Deno.errors.NotCapable} Where FFI permission is missing.
   * @throws {Deno.errors.NotSupported} Where the system has no Unix datagram
   * sockets.
   * @throws {Deno.errors.NotFound} Where there is no file at `path`.
   * @throws {Deno.errors.ConnectionRefused} Where nothing receives there.
   * @throws {Deno.errors.PermissionDenied} Where the socket may not be written.
   * @throws {Error} Where the system refuses otherwise. Every error of the
   * system has `errno`, `code` and `syscall`.
   *
   * @param path The observer's socket; a relative one starts at the directory
   * that is current at each connect and reconnect.
   * @param options The protocol's version, and when to reconnect.
   * @returns The agent, connected.
   */
  static connect(path: string | URL, options: ConnectOptions = {}): Varta {
    const endpoint = new UnixEndpoint(path);
    const { version = 1, reconnectAfter = 0 } = options;
    const protocol = protocolOf(version);
    if (protocol === undefined) {
      throw new RangeError(
        `Cannot connect to ${endpoint}: version must be 1 or 2: received ${
          Deno.inspect(version)
        }`,
      );
    }
    checkReconnectAfter(reconnectAfter);
    const socket = endpoint.open();
    if (isFailure(socket)) throw endpoint.errorFor(socket);
    const frame = new BeatFrame(protocol);
    return new Varta(endpoint, socket, frame, reconnectAfter);
  }

  /**
   * Sends one beat. Never blocks, never throws, and allocates nothing in the
   * steady state.
   *
   * @param status What the process says of its health.
   * @param payload The process's own word to the observer, an integer from 0:
   * 64 bits in version 1, 32 in version 2.
   * @returns What became of it. With `reconnectAfter`, that many drops in a row
   * end in a reconnect and one more try, whose outcome this then is.
   */
  beat(status: Status, payload: number | bigint = 0): BeatOutcome {
    if (this.#socket === undefined) return CLOSED;
    if (!this.#frame.accepts(status, payload)) return INVALID;

    this.#frame.advanceNonce();
    this.#frame.write(status, payload);
    const outcome = sendBy(this.#socket, this.#frame);
    if (outcome.kind !== "dropped") {
      this.#drops = 0;
      return outcome;
    }

    this.#drops++;
    if (this.#reconnectAfter === 0 || this.#drops < this.#reconnectAfter) {
      return outcome;
    }
    const socket = this.#tryReconnect();
    return isFailure(socket) ? outcome : sendBy(socket, this.#frame);
  }

  /**
   * Sends the last word of a process that is dying: Critical, with
   * `NONCE_TERMINAL`, so that the observer need not wait for the silence. Never
   * blocks, never throws, and leaves the beats' nonce and count of drops alone.
   *
   * Since no beat comes behind it, one drop is enough for a reconnect, unless
   * `reconnectAfter` is 0.
   *
   * @example
   * ```ts ignore
   * import { Status, Varta } from "@varta/client";
   *
   * using agent = Varta.connect("/run/varta.sock");
   * agent.beat(Status.Ok);
   * agent.beatTerminal(0xdead);
   * ```
   *
   * @param payload The process's own word to the observer, an integer from 0:
   * 64 bits in version 1, 32 in version 2.
   * @returns What became of it.
   */
  beatTerminal(payload: number | bigint = 0): BeatOutcome {
    if (this.#socket === undefined) return CLOSED;
    if (!this.#frame.accepts(Status.Critical, payload)) return INVALID;

    const frame = this.#frame.createTerminal();
    frame.write(Status.Critical, payload);
    const outcome = sendBy(this.#socket, frame);
    if (outcome.kind !== "dropped" || this.#reconnectAfter === 0) {
      return outcome;
    }
    const socket = this.#tryReconnect();
    return isFailure(socket) ? outcome : sendBy(socket, frame);
  }

  /**
   * Connects anew to the same path. Nonce and clock go on, and the count of
   * drops becomes 0.
   *
   * @throws {Deno.errors.BadResource} Where the agent is closed.
   * @throws {Error} As {@linkcode Varta.connect} does; then the agent is as it
   * was.
   */
  reconnect(): void {
    if (this.#socket === undefined) {
      throw new Deno.errors.BadResource(
        `Cannot reconnect to ${this.#endpoint}: the agent is closed`,
      );
    }
    const socket = this.#tryReconnect();
    if (isFailure(socket)) throw this.#endpoint.errorFor(socket);
  }

  /**
   * Sets how many drops in a row make the agent reconnect. The count so far
   * stays.
   *
   * @throws {RangeError} Where `drops` is not an integer from 0 to 2^32 − 1.
   *
   * @param drops The number of drops; with 0 the agent never reconnects.
   */
  setReconnectAfter(drops: number): void {
    checkReconnectAfter(drops);
    this.#reconnectAfter = drops;
  }

  /**
   * Gives the descriptor back. Closing a closed agent does nothing. An agent
   * that is dropped without it gives its descriptor back when it is collected,
   * but not when the `Worker` that it lives in ends.
   */
  close(): void {
    this.#socket?.close();
    this.#socket = undefined;
  }

  /** Closes the agent, at the end of the block that declares it with `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** What `console.log` shows. */
  [Symbol.for("Deno.customInspect")](): string {
    return `Varta { ${this.#endpoint}, nonce: ${this.#frame.nonce}, drops: ${this.#drops}, reconnectAfter: ${this.#reconnectAfter} }`;
  }

  #tryReconnect(): BeatSocket | SystemFailure {
    const socket = this.#endpoint.open();
    if (isFailure(socket)) return socket;
    this.#socket?.close();
    this.#socket = socket;
    this.#drops = 0;
    this.#reconnects++;
    return socket;
  }
}

function sendBy(socket: BeatSocket, frame: BeatFrame): BeatOutcome {
  const sent = socket.send(frame, FrameLength);
  return sent < 0 ? classifySendError(-sent) : SENT;
}
