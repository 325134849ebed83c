import { system } from "../../ffi/system.ts";
import {
  type BeatOutcome,
  type BeatSender,
  classifySendError,
  SENT,
} from "../agent/outcome.ts";
import { MAX_UINT64 } from "../frame/_layout.ts";
import { Status } from "../frame/status.ts";
import {
  createMessage,
  type ManagerSocket,
  managerSocket,
  readVariable,
} from "./_socket.ts";

const { EBADF, EINVAL } = system.errno;

const PING = createMessage("WATCHDOG=1");
const TRIGGER = createMessage("WATCHDOG=trigger");

/**
 * The watchdog of systemd, as an agent of a heartbeat.
 *
 * With `WatchdogSec=` and `Restart=on-failure`, systemd restarts a service that
 * does not ping in time.
 *
 * | event | systemd |
 * |---|---|
 * | a beat with `Status.Ok` or `Status.Degraded` | receives a ping, `WATCHDOG=1` |
 * | a beat with `Status.Critical` | receives `WATCHDOG=trigger`, and restarts the service at once |
 * | the event loop is blocked | receives nothing, and restarts the service after `WatchdogSec=` |
 * | the check of a heartbeat throws, or never settles | receives pings, because the beats are Degraded |
 * | the same, after `checkTimeout` | receives `WATCHDOG=trigger`, because the beats are Critical |
 *
 * @example Ping from a heartbeat
 * ```ts
 * import { startHeartbeat } from "@varta/client";
 * import { Observer } from "@varta/client/observer";
 * import { SystemdWatchdog } from "@varta/client/systemd";
 * import { assert, assertEquals } from "@std/assert";
 *
 * // In a service, systemd has set these, and receives.
 * const path = `/tmp/varta-${Deno.pid}.sock`;
 * using receiver = Observer.bind(path);
 * Deno.env.set("NOTIFY_SOCKET", path);
 * Deno.env.set("WATCHDOG_USEC", "10000000");
 *
 * using watchdog = SystemdWatchdog.connect();
 * assert(watchdog !== undefined);
 * const { interval } = watchdog;
 * using _heartbeat = startHeartbeat(watchdog, { interval });
 *
 * const received = receiver.receive();
 * assert(received?.kind === "rejected"); // it is not a beat of an agent
 * assertEquals(new TextDecoder().decode(received.bytes), "WATCHDOG=1");
 * ```
 */
export class SystemdWatchdog implements BeatSender, Disposable {
  /**
   * The time from one ping to the next in milliseconds: half of the timeout that
   * was set when the service started, but from 1 to 2^31 − 1, so that it is valid for
   * `startHeartbeat`.
   */
  readonly interval: number;
  readonly #socket: ManagerSocket;

  private constructor(socket: ManagerSocket, interval: number) {
    this.#socket = socket;
    this.interval = interval;
  }

  /**
   * Connects to the service manager, if it expects pings of this process: if
   * `WATCHDOG_USEC` is set, `WATCHDOG_PID` is not set or the id of this process,
   * and `NOTIFY_SOCKET` is set.
   *
   * @see {@link https://man7.org/linux/man-pages/man3/sd_watchdog_enabled.3.html sd_watchdog_enabled(3)}
   *
   * @example Outside of a service
   * ```ts
   * import { SystemdWatchdog } from "@varta/client/systemd";
   * import { assertEquals } from "@std/assert";
   *
   * Deno.env.delete("WATCHDOG_USEC");
   * assertEquals(SystemdWatchdog.connect(), undefined);
   * ```
   *
   * @returns The watchdog, or `undefined` if no watchdog is set for this process.
   * @throws {TypeError} If `NOTIFY_SOCKET` is neither an absolute path nor an
   * abstract name.
   * @throws {RangeError} If `NOTIFY_SOCKET` is too long for a socket address.
   * @throws {Deno.errors.NotCapable} If env or FFI permission is missing.
   * @throws {Deno.errors.NotSupported} If `NOTIFY_SOCKET` is of the form `vsock:…`.
   * @throws {Error} If the service manager cannot be reached, as
   * {@linkcode notify} does.
   */
  static connect(): SystemdWatchdog | undefined {
    // Both before either is used, so that a missing permission is an error outside
    // of a service too.
    const timeout = toInteger(readVariable("WATCHDOG_USEC"));
    const pid = readVariable("WATCHDOG_PID");
    if (!Number.isSafeInteger(timeout) || timeout <= 0) return undefined;
    if (pid !== undefined && Number(pid) !== Deno.pid) return undefined;
    const socket = managerSocket();
    if (socket === undefined) return undefined;

    const failure = socket.connect();
    if (failure !== undefined) throw socket.errorFor(failure);
    const interval = Math.min(Math.max(timeout / 2000, 1), 2 ** 31 - 1);
    return new SystemdWatchdog(socket, interval);
  }

  /**
   * Sends one ping. It never blocks, never throws, and allocates nothing in the
   * steady state.
   *
   * A dropped or failed ping opens a new socket and is sent once more, as the beat
   * of an agent with `reconnectAfter: 1`. So the next ping finds a service manager
   * that has a new socket.
   *
   * @example Send one ping
   * ```ts
   * import { Status } from "@varta/client";
   * import { Observer } from "@varta/client/observer";
   * import { SystemdWatchdog } from "@varta/client/systemd";
   * import { assertEquals } from "@std/assert";
   *
   * // In a service, systemd has set these, and receives.
   * const path = `/tmp/varta-${Deno.pid}.sock`;
   * using _receiver = Observer.bind(path);
   * Deno.env.set("NOTIFY_SOCKET", path);
   * Deno.env.set("WATCHDOG_USEC", "10000000");
   *
   * using watchdog = SystemdWatchdog.connect();
   * assertEquals(watchdog?.beat(Status.Ok), { kind: "sent" });
   * ```
   *
   * @param status `Ok` and `Degraded` ping; `Critical` asks systemd to act as if
   * the pings had stopped.
   * @param payload As for an agent, but not sent: systemd has no field for it.
   * @returns The outcome, as for an agent. An invalid status or payload is failed
   * with `"EINVAL"`, and a ping after `close` with `"EBADF"`.
   */
  beat(status: Status, payload: number | bigint = 0): BeatOutcome {
    if (this.#socket.isClosed) return classifySendError(EBADF);
    if (!isStatus(status) || !isPayload(payload)) {
      return classifySendError(EINVAL);
    }
    const message = status === Status.Critical ? TRIGGER : PING;
    const failure = this.#socket.send(message);
    return failure === undefined ? SENT : classifySendError(failure.errno);
  }

  /**
   * Closes the socket, and so ends the pings. systemd is not told, so it restarts the
   * service after the timeout. `notify` has a socket of its own.
   *
   * @example Close a watchdog
   * ```ts
   * import { Status } from "@varta/client";
   * import { Observer } from "@varta/client/observer";
   * import { SystemdWatchdog } from "@varta/client/systemd";
   * import { assertEquals } from "@std/assert";
   *
   * // In a service, systemd has set these, and receives.
   * const path = `/tmp/varta-${Deno.pid}.sock`;
   * using _receiver = Observer.bind(path);
   * Deno.env.set("NOTIFY_SOCKET", path);
   * Deno.env.set("WATCHDOG_USEC", "10000000");
   *
   * const watchdog = SystemdWatchdog.connect();
   * watchdog?.close();
   *
   * assertEquals(watchdog?.beat(Status.Ok).kind, "failed");
   * ```
   */
  close(): void {
    this.#socket.close();
  }

  /**
   * Closes the watchdog at the end of the block that declares it with `using`.
   *
   * @example Close a watchdog at the end of a block
   * ```ts
   * import { Status } from "@varta/client";
   * import { Observer } from "@varta/client/observer";
   * import { SystemdWatchdog } from "@varta/client/systemd";
   * import { assertEquals } from "@std/assert";
   *
   * // In a service, systemd has set these, and receives.
   * const path = `/tmp/varta-${Deno.pid}.sock`;
   * using _receiver = Observer.bind(path);
   * Deno.env.set("NOTIFY_SOCKET", path);
   * Deno.env.set("WATCHDOG_USEC", "10000000");
   *
   * {
   *   using watchdog = SystemdWatchdog.connect();
   *   assertEquals(watchdog?.beat(Status.Ok), { kind: "sent" });
   * }
   * ```
   */
  [Symbol.dispose](): void {
    this.close();
  }
}

/** Reads decimal digits; other text is `NaN`. */
function toInteger(text: string | undefined): number {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : NaN;
}

function isStatus(status: unknown): boolean {
  return status === Status.Ok || status === Status.Degraded ||
    status === Status.Critical;
}

// The integers that an agent of version 1 accepts, so that a check whose result an
// agent can send is valid here too.
function isPayload(payload: unknown): boolean {
  return typeof payload === "bigint"
    ? payload >= 0n && payload <= MAX_UINT64
    : typeof payload === "number" && Number.isSafeInteger(payload) &&
      payload >= 0;
}
