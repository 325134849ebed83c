import { system } from "../../ffi/system.ts";
import { isFailure, type SystemFailure } from "../../ffi/failure.ts";
import { BeatFrame } from "./_frame_writer.ts";
import type { BeatOutcome } from "./outcome.ts";
import { classifySendError } from "./classify_send_error.ts";
import { checkReconnectAfter, type ConnectOptions } from "./connect_options.ts";
import type { BeatSocket, Endpoint } from "../endpoint/_endpoint.ts";
import { protocolOf } from "../frame/_protocol.ts";
import { SecureUdpEndpoint } from "../endpoint/secure_udp.ts";
import type { SecureUdpKey } from "../endpoint/secure_udp_key.ts";
import { Status } from "../frame/status.ts";
import type { UdpAddress } from "../endpoint/udp_address.ts";
import { UdpEndpoint } from "../endpoint/udp.ts";
import type { UdpOptions } from "./udp_options.ts";
import { UnixEndpoint } from "../endpoint/_unix.ts";

const SENT: BeatOutcome = Object.freeze({ kind: "sent" });
const { EBADF, EINVAL } = system.errno;

/** How often an agent has reconnected. */
export let reconnectsOf: (agent: Varta) => number;

/** `FRAME_LENGTH`, as the system call takes it. */
const FrameLength = 32n;

/**
 * An agent: it tells an observer, beat by beat, that this process is alive and
 * how it is.
 *
 * @example
 * ```ts
 * import { Status, Varta } from "@varta/client";
 * import { Observer } from "@varta/client/observer";
 * import { assertEquals } from "@std/assert";
 *
 * const path = `/tmp/varta-${Deno.pid}.sock`;
 * using _observer = Observer.bind(path);
 *
 * using agent = Varta.connect(path, { reconnectAfter: 3 });
 * const outcome = agent.beat(Status.Ok);
 * if (outcome.kind === "failed") throw outcome.error;
 * assertEquals(outcome.kind, "sent");
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
   * empty, holds a NUL, or is not well-formed Unicode.
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
   * @example
   * ```ts
   * import { Varta } from "@varta/client";
   * import { assertThrows } from "@std/assert";
   *
   * assertThrows(
   *   () => Varta.connect("/tmp/no/observer.sock", { reconnectAfter: 3 }),
   *   Deno.errors.NotFound,
   *   "start the observer, or correct the path",
   * );
   * ```
   *
   * @param path The observer's socket; a relative one starts at the directory
   * that is current at each connect and reconnect.
   * @param options The protocol's version, and when to reconnect.
   * @returns The agent, connected.
   */
  static connect(path: string | URL, options: ConnectOptions = {}): Varta {
    return Varta.#connect(new UnixEndpoint(path), options);
  }

  /**
   * Connects to the observer that receives at a UDP port, on this host or
   * another, in version 2 of the protocol. The beats are neither secret nor
   * safe from forgery: see {@linkcode Varta.connectSecureUdp}.
   *
   * Over UDP `"sent"` says no more than that this host has sent. Where nothing
   * receives, the other host answers by a refusal, unless it is silent: the next
   * beat learns of it, is dropped as `"no-observer"` and is not sent, and the
   * one behind it is `"sent"` again. So there are hardly ever two drops in a
   * row, and a `reconnectAfter` above 1 is rarely reached. Nor does the
   * observer need one: once it is back, the next beat that is sent arrives. The
   * address of this host is another matter: beats go out from the one that it
   * had at the connect, until {@linkcode Varta.reconnect}.
   *
   * To a multicast group the beats go as the system sends them; to a broadcast
   * address the system refuses to connect.
   *
   * @throws {TypeError} Where the address is of another form, or not numeric: a
   * name would have to be resolved, which blocks.
   * @throws {RangeError} Where its port is not an integer from 1 to 65535, or an
   * option is out of range.
   * @throws {Deno.errors.NotCapable} Where FFI permission is missing.
   * @throws {Deno.errors.NotSupported} Where the system is not supported.
   * @throws {Deno.errors.NetworkUnreachable} Where no route leads there.
   * @throws {Deno.errors.PermissionDenied} Where the address is a broadcast
   * address, or a rule of this host forbids it.
   * @throws {Error} Where the system refuses otherwise. Every error of the
   * system has `errno`, `code` and `syscall`.
   *
   * @example
   * ```ts
   * import { Status, Varta } from "@varta/client";
   * import { assertEquals } from "@std/assert";
   *
   * using agent = Varta.connectUdp("127.0.0.1:9000");
   * assertEquals(agent.beat(Status.Ok), { kind: "sent" });
   * ```
   *
   * @param address Where the observer receives: `"192.0.2.1:9000"`,
   * `"[2001:db8::1]:9000"`, or an object with `hostname` and `port`.
   * @param options When to reconnect.
   * @returns The agent, connected.
   */
  static connectUdp(address: UdpAddress, options: UdpOptions = {}): Varta {
    return Varta.#connect(new UdpEndpoint(address), options);
  }

  /**
   * Connects as {@linkcode Varta.connectUdp} does, and seals each beat with
   * ChaCha20-Poly1305, so that none can be read, forged or sent once more.
   *
   * The agent has a copy of the key, which {@linkcode Varta.close} overwrites;
   * an agent that is dropped without it leaves that copy to the collector. What
   * `node:crypto` copies for itself is out of reach.
   *
   * A beat that cannot be sealed, where the system has no entropy for a new
   * session, is failed with `"EIO"`, and nothing is sent. Unlike a plain
   * beat, a sealed one makes garbage, in `node:crypto`. That is loaded by the
   * first call, which takes some 10 ms more than the later ones.
   *
   * @throws {TypeError} As {@linkcode Varta.connectUdp} does, and where there is
   * not exactly one key, in a `Uint8Array`.
   * @throws {RangeError} As {@linkcode Varta.connectUdp} does, and where the key
   * does not have 32 bytes.
   * @throws {Deno.errors.NotSupported} Where the system is not supported, or
   * this release of Deno has no ChaCha20-Poly1305: 2.8 has it.
   * @throws {Error} As {@linkcode Varta.connectUdp} does, and with the code
   * `"EIO"` where the system has no entropy.
   *
   * @example
   * ```ts ignore
   * import { Status, Varta } from "@varta/client";
   *
   * const hex = Deno.readTextFileSync("/etc/varta/key").trim();
   * const key = Uint8Array.from(hex.match(/../g)!, (byte) => parseInt(byte, 16));
   * using agent = Varta.connectSecureUdp("127.0.0.1:9000", { key });
   * key.fill(0);
   * agent.beat(Status.Ok);
   * ```
   *
   * @param address Where the observer receives.
   * @param key The 32 bytes that are shared with the observer as `key`, or the
   * observer's own as `masterKey`.
   * @param options When to reconnect.
   * @returns The agent, connected.
   */
  static connectSecureUdp(
    address: UdpAddress,
    key: SecureUdpKey,
    options: UdpOptions = {},
  ): Varta {
    return Varta.#connect(new SecureUdpEndpoint(address, key), options);
  }

  static #connect(endpoint: Endpoint, options: ConnectOptions): Varta {
    try {
      const { versions } = endpoint;
      const { version = versions[0], reconnectAfter = 0 } = options;
      if (!versions.includes(version)) {
        throw new RangeError(
          `Cannot connect to ${endpoint}: version must be ${
            versions.join(" or ")
          }: received ${Deno.inspect(version)}`,
        );
      }
      checkReconnectAfter(reconnectAfter);
      const socket = endpoint.open();
      if (isFailure(socket)) throw endpoint.errorFor(socket);
      const frame = new BeatFrame(protocolOf(version));
      return new Varta(endpoint, socket, frame, reconnectAfter);
    } catch (error) {
      endpoint.close();
      throw error;
    }
  }

  /**
   * Sends one beat. Never blocks, never throws, and allocates nothing in the
   * steady state.
   *
   * @example
   * ```ts
   * import { Status, Varta } from "@varta/client";
   * import { Observer } from "@varta/client/observer";
   * import { assertEquals } from "@std/assert";
   *
   * const path = `/tmp/varta-${Deno.pid}.sock`;
   * using _observer = Observer.bind(path);
   * using agent = Varta.connect(path);
   *
   * assertEquals(agent.beat(Status.Degraded, 17), { kind: "sent" });
   *
   * const outcome = agent.beat(Status.Ok, -1);
   * assertEquals(outcome.kind === "failed" && outcome.error.code, "EINVAL");
   * ```
   *
   * @param status What the process says of its health.
   * @param payload The process's own word to the observer, an integer from 0: 64
   * bits in version 1, 32 in version 2. Above 2^53 − 1 it must be a bigint.
   * @returns What became of it. With `reconnectAfter`, that many drops in a row
   * end in a reconnect and one more try, whose outcome this then is; where the
   * reconnect fails, it is the drop.
   */
  beat(status: Status, payload: number | bigint = 0): BeatOutcome {
    if (this.#socket === undefined) return classifySendError(EBADF);
    if (!this.#frame.accepts(status, payload)) return classifySendError(EINVAL);

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
   * ```ts
   * import { NONCE_TERMINAL, Status, Varta } from "@varta/client";
   * import { Observer } from "@varta/client/observer";
   * import { assert, assertEquals } from "@std/assert";
   *
   * const path = `/tmp/varta-${Deno.pid}.sock`;
   * using observer = Observer.bind(path);
   * using agent = Varta.connect(path);
   * agent.beatTerminal(0xdead);
   *
   * const observation = observer.receive();
   * assert(observation?.kind === "beat");
   * assertEquals(observation.frame.status, Status.Critical);
   * assertEquals(observation.frame.nonce, NONCE_TERMINAL);
   * ```
   *
   * @param payload The process's own word to the observer, an integer from 0: 64
   * bits in version 1, 32 in version 2. Above 2^53 − 1 it must be a bigint.
   * @returns What became of it.
   */
  beatTerminal(payload: number | bigint = 0): BeatOutcome {
    if (this.#socket === undefined) return classifySendError(EBADF);
    if (!this.#frame.accepts(Status.Critical, payload)) {
      return classifySendError(EINVAL);
    }

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
   * Connects anew to the same path or address. Nonce and clock go on, and the
   * count of drops becomes 0.
   *
   * @throws {Deno.errors.BadResource} Where the agent is closed.
   * @throws {Error} As the connect before it does; then the agent is as it was.
   *
   * @example
   * ```ts
   * import { Status, Varta } from "@varta/client";
   * import { Observer } from "@varta/client/observer";
   * import { assertEquals } from "@std/assert";
   *
   * const path = `/tmp/varta-${Deno.pid}.sock`;
   * const observer = Observer.bind(path);
   * using agent = Varta.connect(path);
   * observer.close();
   * assertEquals(agent.beat(Status.Ok).kind, "dropped");
   *
   * using _restarted = Observer.bind(path);
   * agent.reconnect();
   * assertEquals(agent.beat(Status.Ok).kind, "sent");
   * ```
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
   * @example
   * ```ts
   * import { Varta } from "@varta/client";
   * import { Observer } from "@varta/client/observer";
   * import { assertThrows } from "@std/assert";
   *
   * const path = `/tmp/varta-${Deno.pid}.sock`;
   * using _observer = Observer.bind(path);
   * using agent = Varta.connect(path);
   *
   * agent.setReconnectAfter(3);
   * assertThrows(() => agent.setReconnectAfter(-1), RangeError);
   * ```
   *
   * @param drops The number of drops; with 0 the agent never reconnects.
   */
  setReconnectAfter(drops: number): void {
    checkReconnectAfter(drops);
    this.#reconnectAfter = drops;
  }

  /**
   * Gives the descriptor back, and overwrites the key of a sealed agent with
   * zeros. Closing a closed agent does nothing. An agent that is dropped without
   * it gives its descriptor back when it is collected, but not when the `Worker`
   * that it lives in ends.
   *
   * @example
   * ```ts
   * import { Status, Varta } from "@varta/client";
   * import { Observer } from "@varta/client/observer";
   * import { assertEquals } from "@std/assert";
   *
   * const path = `/tmp/varta-${Deno.pid}.sock`;
   * using _observer = Observer.bind(path);
   * const agent = Varta.connect(path);
   * agent.close();
   *
   * const outcome = agent.beat(Status.Ok);
   * assertEquals(outcome.kind === "failed" && outcome.error.code, "EBADF");
   * ```
   */
  close(): void {
    this.#socket?.close();
    this.#socket = undefined;
    this.#endpoint.close();
  }

  /**
   * Closes the agent, at the end of the block that declares it with `using`.
   *
   * @example
   * ```ts
   * import { Status, Varta } from "@varta/client";
   * import { Observer } from "@varta/client/observer";
   * import { assertEquals } from "@std/assert";
   *
   * const path = `/tmp/varta-${Deno.pid}.sock`;
   * using _observer = Observer.bind(path);
   * {
   *   using agent = Varta.connect(path);
   *   assertEquals(agent.beat(Status.Ok), { kind: "sent" });
   * }
   * ```
   */
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
