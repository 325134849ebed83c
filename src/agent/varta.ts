import type { SystemFailure } from "../../ffi/failure.ts";
import { processId } from "../../ffi/process/process_id.ts";
import { system } from "../../ffi/system.ts";
import { checkInteger } from "../_invalid_option.ts";
import type { Endpoint } from "../endpoint/_endpoint.ts";
import { UnixEndpoint } from "../endpoint/_unix.ts";
import {
  SecureUdpEndpoint,
  type SecureUdpKey,
} from "../endpoint/secure_udp.ts";
import { type UdpAddress, UdpEndpoint } from "../endpoint/udp.ts";
import { MAX_UINT32 } from "../frame/_layout.ts";
import type { Protocol } from "../frame/_protocol.ts";
import type { Status } from "../frame/status.ts";
import {
  type ConnectOptions,
  readOptions,
  type UdpOptions,
} from "./options.ts";
import { FrameWriter } from "./_frame_writer.ts";
import {
  type BeatOutcome,
  type BeatSender,
  classifySendError,
  SENT,
} from "./outcome.ts";

const { EBADF, ECONNREFUSED, EINVAL, ENOENT } = system.errno;

/**
 * An agent: it tells an observer, with each beat, that this process is alive, and
 * how healthy it is. {@linkcode Varta.connect}, {@linkcode Varta.connectUdp} and
 * {@linkcode Varta.connectSecureUdp} return one.
 *
 * @example Connect and beat
 * ```ts
 * import { Status, Varta } from "@varta/client";
 * import { Observer } from "@varta/client/observer";
 * import { assertEquals } from "@std/assert";
 *
 * const path = `/tmp/varta-${Deno.pid}.sock`;
 * using _observer = Observer.bind(path);
 *
 * using agent = Varta.connect(path, { version: 2, reconnectAfter: 1 });
 * const outcome = agent.beat(Status.Ok);
 * if (outcome.kind === "failed") throw outcome.error;
 * assertEquals(outcome.kind, "sent");
 * ```
 */
export class Varta implements BeatSender, Disposable {
  readonly #endpoint: Endpoint;
  readonly #frame: FrameWriter;
  #reconnectAfter: number;
  #drops = 0;
  #reconnects = 0;

  private constructor(
    endpoint: Endpoint,
    frame: FrameWriter,
    reconnectAfter: number,
  ) {
    if (!(frame instanceof FrameWriter)) {
      throw new TypeError(
        "Cannot construct Varta: call Varta.connect() instead",
      );
    }
    this.#endpoint = endpoint;
    this.#frame = frame;
    this.#reconnectAfter = reconnectAfter;
  }

  /**
   * Connects to the observer that receives at `path`.
   *
   * @example Handle a missing observer
   * ```ts
   * import { Varta } from "@varta/client";
   * import { assertThrows } from "@std/assert";
   *
   * assertThrows(
   *   () => Varta.connect("/tmp/no/observer.sock", { version: 2 }),
   *   Deno.errors.NotFound,
   *   "start the observer, or correct the path",
   * );
   * ```
   *
   * @example Start before the observer
   * ```ts
   * import { Status, Varta } from "@varta/client";
   * import { Observer } from "@varta/client/observer";
   * import { assertEquals } from "@std/assert";
   *
   * const path = `/tmp/varta-${Deno.pid}.sock`;
   * using agent = Varta.connect(path, { version: 2, lazy: true });
   * assertEquals(agent.beat(Status.Ok).kind, "dropped");
   *
   * using _observer = Observer.bind(path);
   * assertEquals(agent.beat(Status.Ok).kind, "sent");
   * ```
   *
   * @param path The path of the observer's socket. If it is relative, each connect
   * and reconnect resolves it against the current directory.
   * @param options The version of the protocol, when to reconnect, whether the
   * agent may start first, and the kind of nonce.
   * @returns The connected agent.
   * @throws {TypeError} If `path` is neither a string nor a `file:` URL, is empty,
   * contains a NUL, or is not well-formed Unicode; or if an option has the wrong
   * type.
   * @throws {RangeError} If `path` is too long for a socket address (107 bytes on
   * Linux, 103 on macOS and the BSDs), or an option is out of range.
   * @throws {Deno.errors.NotCapable} If FFI permission is missing.
   * @throws {Deno.errors.NotSupported} If the system has no Unix datagram sockets,
   * or the process has pid 1 and the version is 2, which has no pid 1.
   * @throws {Deno.errors.NotFound} If there is no file at `path`.
   * @throws {Deno.errors.ConnectionRefused} If nothing receives there.
   * @throws {Deno.errors.PermissionDenied} If this user may not write to the socket.
   * @throws {Error} If the system refuses for another reason. Every error of the
   * system has `errno`, `code` and `syscall`.
   */
  static connect(path: string | URL, options: ConnectOptions = {}): Varta {
    return Varta.#connect(new UnixEndpoint(path), options);
  }

  /**
   * Connects to the observer that receives at a UDP port, in version 2 of the
   * protocol. Others can read and forge these beats; see
   * {@linkcode Varta.connectSecureUdp}.
   *
   * Over UDP, `"sent"` only means that this host has sent the beat. If nothing
   * receives, the other host usually refuses it, and the next beat is dropped as
   * `"no-observer"` without being sent. So there are hardly ever two drops in a
   * row, and a `reconnectAfter` above 1 is rarely reached. A reconnect is not
   * needed when the observer returns. But beats are sent from the address that
   * this host had at the connect, until {@linkcode Varta.reconnect} is called.
   *
   * Multicast groups are possible. The system refuses broadcast addresses.
   *
   * @example Beat to a UDP port
   * ```ts
   * import { Status, Varta } from "@varta/client";
   * import { assertEquals } from "@std/assert";
   *
   * using agent = Varta.connectUdp("127.0.0.1:9000");
   * assertEquals(agent.beat(Status.Ok), { kind: "sent" });
   * ```
   *
   * @param address The observer's address: `"192.0.2.1:9000"`,
   * `"[2001:db8::1]:9000"`, or an object with `hostname` and `port`.
   * @param options When to reconnect, and the kind of nonce.
   * @returns The connected agent.
   * @throws {TypeError} If the address has another form, or is not numeric; or if
   * an option has the wrong type.
   * @throws {RangeError} If the port is not an integer from 1 to 65535, or an
   * option is out of range.
   * @throws {Deno.errors.NotCapable} If FFI permission is missing.
   * @throws {Deno.errors.NotSupported} If the system is not supported, or the
   * process has pid 1.
   * @throws {Deno.errors.NetworkUnreachable} If there is no route.
   * @throws {Deno.errors.PermissionDenied} If it is a broadcast address, or a rule
   * of this host forbids it.
   * @throws {Error} If the system refuses for another reason. Every error of the
   * system has `errno`, `code` and `syscall`.
   */
  static connectUdp(address: UdpAddress, options: UdpOptions = {}): Varta {
    return Varta.#connect(new UdpEndpoint(address), options);
  }

  /**
   * Connects like {@linkcode Varta.connectUdp}, and seals each beat with
   * ChaCha20-Poly1305, so that others cannot read, forge or repeat it.
   *
   * The agent keeps a copy of the key until {@linkcode Varta.close} overwrites it.
   * Copies that `node:crypto` makes cannot be overwritten.
   *
   * A beat fails with `"EIO"` if the system has no entropy for a new session.
   * Unlike other beats, sealed ones allocate memory, in `node:crypto`. The first
   * call loads that module, which takes some 10 ms.
   *
   * @example Read the key from a file
   * ```ts ignore
   * import { Status, Varta } from "@varta/client";
   *
   * const hex = Deno.readTextFileSync("varta.key").trim();
   * const pairs = hex.match(/../g)!;
   * const key = Uint8Array.from(pairs, (pair) => parseInt(pair, 16));
   * using agent = Varta.connectSecureUdp("127.0.0.1:9000", { key });
   * key.fill(0);
   * agent.beat(Status.Ok);
   * ```
   *
   * @param address The observer's address, as for {@linkcode Varta.connectUdp}.
   * @param key The 32 bytes of the shared key as `key`, or of the observer's
   * master key as `masterKey`.
   * @param options When to reconnect, and the kind of nonce.
   * @returns The connected agent.
   * @throws {TypeError} Like {@linkcode Varta.connectUdp}, or if there is not
   * exactly one key, in a `Uint8Array`.
   * @throws {RangeError} Like {@linkcode Varta.connectUdp}, or if the key does not
   * have 32 bytes, or all of them are 0.
   * @throws {Deno.errors.NotSupported} If the system is not supported, the process
   * has pid 1, or this Deno has no ChaCha20-Poly1305, as before 2.7.10.
   * @throws {Error} Like {@linkcode Varta.connectUdp}, or with the code `"EIO"` if
   * the system has no entropy.
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
      const { protocol, reconnectAfter, lazy, nonce } = readOptions(
        options,
        endpoint,
      );
      const frame = new FrameWriter(protocol, nonce);
      checkProcessId(protocol, endpoint);
      const failure = endpoint.connect();
      if (failure !== undefined && !(lazy && isAbsence(failure))) {
        throw endpoint.errorFor(failure);
      }
      return new Varta(endpoint, frame, reconnectAfter);
    } catch (error) {
      endpoint.close();
      throw error;
    }
  }

  /** The number of reconnects so far. The first connection does not count. */
  get reconnects(): number {
    return this.#reconnects;
  }

  /**
   * Sends one beat. It never blocks, never throws, and allocates nothing in the
   * steady state.
   *
   * @example Send a payload, and read an error
   * ```ts
   * import { Status, Varta } from "@varta/client";
   * import { Observer } from "@varta/client/observer";
   * import { assertEquals } from "@std/assert";
   *
   * const path = `/tmp/varta-${Deno.pid}.sock`;
   * using _observer = Observer.bind(path);
   * using agent = Varta.connect(path, { version: 2 });
   *
   * assertEquals(agent.beat(Status.Degraded, 17), { kind: "sent" });
   *
   * const outcome = agent.beat(Status.Ok, -1);
   * assertEquals(outcome.kind === "failed" && outcome.error.code, "EINVAL");
   * ```
   *
   * @param status The health of the process: `Ok`, `Degraded` or `Critical`.
   * @param payload An optional non-negative integer that the observer stores with
   * the beat: 64 bits in version 1, 32 in version 2. It must be a bigint if it is
   * above 2^53 − 1.
   * @returns The outcome. If as many beats in a row were dropped as
   * `reconnectAfter` says, the agent reconnects and sends the beat once more, and
   * this is the outcome of the second try. If it cannot reconnect, this is the drop.
   */
  beat(status: Status, payload: number | bigint = 0): BeatOutcome {
    const endpoint = this.#endpoint;
    const frame = this.#frame;
    if (endpoint.isClosed) return classifySendError(EBADF);
    if (!frame.write(status, payload)) return classifySendError(EINVAL);

    const failure = endpoint.send(frame);
    const outcome = failure ? classifySendError(failure.errno) : SENT;
    if (outcome.kind !== "dropped") {
      this.#drops = 0;
      return outcome;
    }

    this.#drops++;
    if (this.#reconnectAfter === 0 || this.#drops < this.#reconnectAfter) {
      return outcome;
    }
    return this.#sendAgain() ?? outcome;
  }

  /**
   * Sends the last beat of a process that is ending: Critical, with the nonce
   * `NONCE_TERMINAL`, so that the observer knows at once. It never blocks, never
   * throws, and changes neither the nonce of the beats nor the count of drops.
   *
   * No beat follows, so one drop is enough for a reconnect, unless
   * `reconnectAfter` is 0.
   *
   * @example Send the terminal beat
   * ```ts
   * import { NONCE_TERMINAL, Status, Varta } from "@varta/client";
   * import { Observer } from "@varta/client/observer";
   * import { assert, assertEquals } from "@std/assert";
   *
   * const path = `/tmp/varta-${Deno.pid}.sock`;
   * using observer = Observer.bind(path);
   * using agent = Varta.connect(path, { version: 2 });
   * agent.beatTerminal(0xdead);
   *
   * const observation = observer.receive();
   * assert(observation?.kind === "beat");
   * assertEquals(observation.frame.status, Status.Critical);
   * assertEquals(observation.frame.nonce, NONCE_TERMINAL);
   * ```
   *
   * @param payload An optional non-negative integer, as for {@linkcode Varta.beat}.
   * @returns The outcome.
   */
  beatTerminal(payload: number | bigint = 0): BeatOutcome {
    const endpoint = this.#endpoint;
    const frame = this.#frame;
    if (endpoint.isClosed) return classifySendError(EBADF);
    if (!frame.writeTerminal(payload)) return classifySendError(EINVAL);

    const failure = endpoint.send(frame);
    const outcome = failure ? classifySendError(failure.errno) : SENT;
    if (outcome.kind !== "dropped" || this.#reconnectAfter === 0) {
      return outcome;
    }
    return this.#sendAgain() ?? outcome;
  }

  /**
   * Connects again to the same path or address. Nonce and clock go on, and the
   * count of drops becomes 0.
   *
   * @example Reconnect after a restart of the observer
   * ```ts
   * import { Status, Varta } from "@varta/client";
   * import { Observer } from "@varta/client/observer";
   * import { assertEquals } from "@std/assert";
   *
   * const path = `/tmp/varta-${Deno.pid}.sock`;
   * const observer = Observer.bind(path);
   * using agent = Varta.connect(path, { version: 2 });
   * observer.close();
   * assertEquals(agent.beat(Status.Ok).kind, "dropped");
   *
   * using _restarted = Observer.bind(path);
   * agent.reconnect();
   * assertEquals(agent.beat(Status.Ok).kind, "sent");
   * ```
   *
   * @throws {Deno.errors.BadResource} If the agent is closed.
   * @throws {Error} If it cannot connect, like the first connect. Then the agent
   * is as before.
   */
  reconnect(): void {
    if (this.#endpoint.isClosed) {
      throw new Deno.errors.BadResource(
        `Cannot reconnect to ${this.#endpoint}: the agent is closed`,
      );
    }
    const failure = this.#reconnect();
    if (failure !== undefined) throw this.#endpoint.errorFor(failure);
  }

  /**
   * Sets how many drops in a row make the agent reconnect. The current count of
   * drops stays.
   *
   * @example Reconnect after three drops
   * ```ts
   * import { Varta } from "@varta/client";
   * import { Observer } from "@varta/client/observer";
   * import { assertThrows } from "@std/assert";
   *
   * const path = `/tmp/varta-${Deno.pid}.sock`;
   * using _observer = Observer.bind(path);
   * using agent = Varta.connect(path, { version: 2 });
   *
   * agent.setReconnectAfter(3);
   * assertThrows(() => agent.setReconnectAfter(-1), RangeError);
   * ```
   *
   * @param drops The number of drops. With 0 the agent never reconnects.
   * @throws {RangeError} If `drops` is not an integer from 0 to 2^32 − 1.
   * @throws {TypeError} If `drops` is not a number.
   */
  setReconnectAfter(drops: number): void {
    checkInteger("set reconnectAfter", "drops", drops, 0, MAX_UINT32);
    this.#reconnectAfter = drops;
  }

  /**
   * Closes the socket, and overwrites the key of a sealed agent. Closing a closed
   * agent does nothing.
   *
   * An agent without references closes its socket when it is garbage-collected,
   * but not when the `Worker` that it belongs to ends.
   *
   * @example Close an agent
   * ```ts
   * import { Status, Varta } from "@varta/client";
   * import { Observer } from "@varta/client/observer";
   * import { assertEquals } from "@std/assert";
   *
   * const path = `/tmp/varta-${Deno.pid}.sock`;
   * using _observer = Observer.bind(path);
   * const agent = Varta.connect(path, { version: 2 });
   * agent.close();
   *
   * const outcome = agent.beat(Status.Ok);
   * assertEquals(outcome.kind === "failed" && outcome.error.code, "EBADF");
   * ```
   */
  close(): void {
    this.#endpoint.close();
  }

  /**
   * Closes the agent at the end of the block that declares it with `using`.
   *
   * @example Declare an agent with `using`
   * ```ts
   * import { Status, Varta } from "@varta/client";
   * import { Observer } from "@varta/client/observer";
   * import { assertEquals } from "@std/assert";
   *
   * const path = `/tmp/varta-${Deno.pid}.sock`;
   * using _observer = Observer.bind(path);
   * {
   *   using agent = Varta.connect(path, { version: 2 });
   *   assertEquals(agent.beat(Status.Ok), { kind: "sent" });
   * }
   * ```
   */
  [Symbol.dispose](): void {
    this.close();
  }

  /**
   * Returns the text that `console.log` shows.
   *
   * @ignore
   */
  [Symbol.for("Deno.customInspect")](): string {
    const endpoint = this.#endpoint;
    if (endpoint.isClosed) return `Varta { ${endpoint}, closed }`;
    const connected = endpoint.isConnected ? "" : ", not connected yet";
    return `Varta { ${endpoint}${connected}, nonce: ${this.#frame.nonce}, drops: ${this.#drops}, reconnectAfter: ${this.#reconnectAfter} }`;
  }

  /** Reconnects and sends a dropped frame again; `undefined` if it cannot. */
  #sendAgain(): BeatOutcome | undefined {
    const endpoint = this.#endpoint;
    // A lazy agent that is not connected has just tried.
    if (!endpoint.isConnected || this.#reconnect() !== undefined) {
      return undefined;
    }
    const failure = endpoint.send(this.#frame);
    return failure ? classifySendError(failure.errno) : SENT;
  }

  #reconnect(): SystemFailure | undefined {
    const { isConnected } = this.#endpoint;
    const failure = this.#endpoint.connect();
    if (failure !== undefined) return failure;
    if (isConnected) this.#reconnects++;
    this.#drops = 0;
  }
}

/** Whether a failure means that there is no observer yet. A lazy agent waits for it. */
function isAbsence({ errno }: SystemFailure): boolean {
  return errno === ENOENT || errno === ECONNREFUSED;
}

function checkProcessId({ minPid, version }: Protocol, endpoint: Endpoint) {
  const pid = processId();
  if (pid >= minPid) return;
  throw new Deno.errors.NotSupported(
    `Cannot connect to ${endpoint}: this process has pid ${pid}, which version ${version} of the protocol does not allow: run the container with an init (docker run --init), or share a pid namespace`,
  );
}
