import type { SystemFailure } from "../../ffi/failure.ts";
import { monotonicNow } from "../../ffi/monotonic_clock.ts";
import {
  checkInteger,
  checkObject,
  invalidOption,
} from "../_invalid_option.ts";
import { classifySendError } from "../agent/outcome.ts";
import {
  createMessage,
  encoder,
  type ManagerSocket,
  managerSocket,
} from "./_socket.ts";

/** What a service tells systemd: one field, or several at once. */
export interface NotifyState {
  /** `READY=1`: the service has started, or has reloaded its configuration. */
  ready?: true;
  /** `RELOADING=1`: the service reloads its configuration; `ready` must follow. */
  reloading?: true;
  /** `STOPPING=1`: the service has begun to stop. */
  stopping?: true;
  /** `STATUS=`: one line for `systemctl status`; an empty one removes it. */
  status?: string;
  /** `ERRNO=`: why the service failed, an errno from 0 to 4095. */
  errno?: number;
  /** `EXIT_STATUS=`: the exit status, from 0 to 255, for a manager outside of a container or virtual machine. */
  exitStatus?: number;
  /** `MAINPID=`: the process id of the new main process, from 1 to 2^31 − 1. */
  mainPid?: number;
  /** `EXTEND_TIMEOUT_USEC=`: how long the current start or stop may still take, in milliseconds. */
  extendTimeout?: number;
  /** `WATCHDOG_USEC=`: the new timeout of the watchdog, in milliseconds; `SystemdWatchdog.interval` stays as it is. */
  watchdogTimeout?: number;
  /** `WATCHDOG=1`, a ping; or `WATCHDOG=trigger`, to be treated as if the pings had stopped. */
  watchdog?: true | "trigger";
  /** `RESTART_RESET=1`: the next restart is the first again, for its delay (systemd 254). */
  restartReset?: true;
  /** `NOTIFYACCESS=`: who may notify from now on, as `NotifyAccess=` in a unit (systemd 254). */
  notifyAccess?: "none" | "main" | "exec" | "all";
}

const ACTION = "notify systemd";

/** Returns the line of a field, or throws if the value is invalid. */
type Formatter = (value: unknown, field: string) => string;

// Also the order of the lines.
const formatters: Readonly<Record<keyof NotifyState, Formatter>> = {
  ready: formatChoice("READY", true),
  reloading: formatChoice("RELOADING", true),
  stopping: formatChoice("STOPPING", true),
  status: formatStatus,
  errno: formatInteger("ERRNO", 0, 4095), // MAX_ERRNO of Linux
  exitStatus: formatInteger("EXIT_STATUS", 0, 255),
  mainPid: formatInteger("MAINPID", 1, 2 ** 31 - 1),
  extendTimeout: formatTimeout("EXTEND_TIMEOUT_USEC"),
  watchdogTimeout: formatTimeout("WATCHDOG_USEC"),
  watchdog: formatChoice("WATCHDOG", true, "trigger"),
  restartReset: formatChoice("RESTART_RESET", true),
  notifyAccess: formatChoice("NOTIFYACCESS", "none", "main", "exec", "all"),
};

// In bytes. systemd ignores a datagram of more than 4096 bytes; the other fields take
// less than 256.
const MAX_STATUS_LENGTH = 3840;

// For a full queue; the delay is in milliseconds.
const MAX_RETRIES = 8;
const RETRY_DELAY = 5;

// It is never notified, so a wait for it is a synchronous sleep.
const asleep = new Int32Array(new SharedArrayBuffer(4));

let socket: ManagerSocket | undefined;

/**
 * Tells systemd the state of this service, as sd_notify(3) does. All fields go in
 * one datagram.
 *
 * The state is sent by this process itself, so systemd accepts it with
 * `NotifyAccess=main`, the default for `Type=notify`. The socket is opened by the
 * first call and then kept. If a send fails, a new socket is opened and the state
 * is sent once more.
 *
 * If the queue of systemd is full, a `status` alone is not sent, and the result is
 * `false`: so it can be sent for every request of a server. A state with any other
 * field must arrive. For it, this function blocks: it tries again every 5 ms, 8 times,
 * and then throws. In all other cases it returns at once.
 *
 * `reloading` also sends `MONOTONIC_USEC=`, which `Type=notify-reload` requires.
 *
 * @see {@link https://man7.org/linux/man-pages/man3/sd_notify.3.html sd_notify(3)}
 *
 * @example Say that the service is ready
 * ```ts
 * import { Observer } from "@varta/client/observer";
 * import { notify } from "@varta/client/systemd";
 * import { assert, assertEquals } from "@std/assert";
 *
 * // In a service, systemd has set this, and receives.
 * const path = `/tmp/varta-${Deno.pid}.sock`;
 * using receiver = Observer.bind(path);
 * Deno.env.set("NOTIFY_SOCKET", path);
 *
 * assert(notify({ ready: true, status: "Waiting for requests" }));
 *
 * const received = receiver.receive();
 * assert(received?.kind === "rejected"); // it is not a beat
 * assertEquals(
 *   new TextDecoder().decode(received.bytes),
 *   "READY=1\nSTATUS=Waiting for requests",
 * );
 * ```
 *
 * @example Outside of a service
 * ```ts
 * import { notify } from "@varta/client/systemd";
 * import { assertEquals } from "@std/assert";
 *
 * Deno.env.delete("NOTIFY_SOCKET");
 * assertEquals(notify({ ready: true }), false);
 * ```
 *
 * @param state The state, with at least one field.
 * @returns Whether the state was sent: `false` if `NOTIFY_SOCKET` is not set, so
 * that no service manager waits for it, or if the queue is full for a `status`.
 * @throws {TypeError} If the state is empty, has an unknown field, or a value of
 * the wrong type; or if `NOTIFY_SOCKET` is neither an absolute path nor an abstract
 * name.
 * @throws {RangeError} If a number is out of range; if a string is not one of those
 * that a field can have; or if `status` contains a newline, a carriage return or a
 * NUL, or is longer than 3840 bytes in UTF-8.
 * @throws {Deno.errors.NotCapable} If env or FFI permission is missing.
 * @throws {Deno.errors.NotSupported} If `NOTIFY_SOCKET` is of the form `vsock:…`.
 * @throws {Deno.errors.NotFound} If there is no socket at the path.
 * @throws {Deno.errors.ConnectionRefused} If nothing receives there.
 * @throws {Deno.errors.NotConnected} If nothing has received there for some time.
 * @throws {Deno.errors.WouldBlock} If the queue stays full, and the state is not a
 * `status` alone.
 * @throws {Error} If the system refuses for another reason. Every error of the
 * system has `errno`, `code` and `syscall`.
 */
export function notify(state: NotifyState): boolean {
  const lines = formatState(state);
  socket = managerSocket(socket);
  if (socket === undefined) return false;
  // Only now, because it requires FFI permission.
  if (lines.has("reloading")) {
    lines.set("time", `MONOTONIC_USEC=${monotonicNow() / 1_000n}`);
  }
  const mayBeLost = lines.size === 1 && lines.has("status");

  const message = createMessage([...lines.values()].join("\n"));
  let failure = socket.send(message);
  for (let i = 0; isQueueFull(failure) && i < MAX_RETRIES; i++) {
    if (mayBeLost) return false;
    Atomics.wait(asleep, 0, 0, RETRY_DELAY);
    failure = socket.send(message);
  }
  if (failure !== undefined) throw socket.errorFor(failure);
  return true;
}

/** Returns the line of each field, without `MONOTONIC_USEC=`. */
function formatState(state: NotifyState): Map<string, string> {
  checkObject(ACTION, "state", state);
  const fields = Object.keys(formatters) as (keyof NotifyState)[];
  for (const field of Object.keys(state)) {
    if (Object.hasOwn(formatters, field)) continue;
    throw new TypeError(
      `Cannot ${ACTION}: there is no field ${JSON.stringify(field)}: use ${
        fields.join(", ")
      }`,
    );
  }
  const lines = new Map<string, string>();
  for (const field of fields) {
    const value = state[field];
    if (value !== undefined) lines.set(field, formatters[field](value, field));
  }
  if (lines.size === 0) {
    throw new TypeError(`Cannot ${ACTION}: the state is empty`);
  }
  return lines;
}

function formatChoice(name: string, ...choices: (true | string)[]): Formatter {
  // For `true`, no other value has the right type.
  const type = choices.length > 1 ? "string" : undefined;
  const expected = choices.map((choice) => JSON.stringify(choice)).join(" or ");
  return (value, field) => {
    if (!choices.includes(value as string)) {
      throw invalidOption(ACTION, field, expected, value, type);
    }
    return `${name}=${value === true ? 1 : value}`;
  };
}

function formatStatus(value: unknown, field: string): string {
  // To systemd, a carriage return ends a line too.
  if (typeof value !== "string" || /[\n\r\0]/.test(value)) {
    const expected = "a string without newlines, carriage returns and NULs";
    throw invalidOption(ACTION, field, expected, value, "string");
  }
  const { length } = encoder.encode(value);
  if (length > MAX_STATUS_LENGTH) {
    const expected = `at most ${MAX_STATUS_LENGTH} bytes long in UTF-8`;
    throw invalidOption(ACTION, field, expected, length, "number");
  }
  return `STATUS=${value}`;
}

function formatInteger(name: string, min: number, max: number): Formatter {
  return (value, field) => {
    checkInteger(ACTION, field, value, min, max);
    return `${name}=${value}`;
  };
}

function formatTimeout(name: string): Formatter {
  return (value, field) => {
    const microseconds = typeof value === "number"
      ? Math.round(value * 1000)
      : NaN;
    if (!Number.isSafeInteger(microseconds) || microseconds < 1) {
      const expected = "a number of milliseconds from 0.001 to 2^53 / 1000";
      throw invalidOption(ACTION, field, expected, value, "number");
    }
    return `${name}=${microseconds}`;
  };
}

function isQueueFull(failure: SystemFailure | undefined): boolean {
  if (failure === undefined) return false;
  const outcome = classifySendError(failure.errno);
  return outcome.kind === "dropped" && outcome.reason === "kernel-queue-full";
}
