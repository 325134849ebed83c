import type { SystemFailure } from "../../ffi/failure.ts";
import { monotonicNow } from "../../ffi/monotonic_clock.ts";
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
}

/** Returns the line of a field, or throws if the value is invalid. */
type Formatter = (value: unknown, field: string) => string;

// Also the order of the lines.
const formatters: Readonly<Record<keyof NotifyState, Formatter>> = {
  ready: formatTrue("READY"),
  reloading: formatTrue("RELOADING"),
  stopping: formatTrue("STOPPING"),
  status: formatStatus,
  errno: formatInteger("ERRNO", 0, 4095), // MAX_ERRNO of Linux
  exitStatus: formatInteger("EXIT_STATUS", 0, 255),
  mainPid: formatInteger("MAINPID", 1, 2 ** 31 - 1),
  extendTimeout: formatTimeout("EXTEND_TIMEOUT_USEC"),
  watchdogTimeout: formatTimeout("WATCHDOG_USEC"),
  watchdog: formatWatchdog,
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
 * If the queue of systemd is full, this function blocks: it tries again every 5 ms
 * for 40 ms, and then throws. In all other cases it returns at once.
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
 * that no service manager waits for it.
 * @throws {TypeError} If the state is empty, has an unknown field, or a value of
 * the wrong type; if `status` contains a newline, a carriage return or a NUL; or
 * if `NOTIFY_SOCKET` is neither an absolute path nor an abstract name.
 * @throws {RangeError} If a number is out of range, or `status` is longer than 3840
 * bytes in UTF-8.
 * @throws {Deno.errors.NotCapable} If env or FFI permission is missing.
 * @throws {Deno.errors.NotSupported} If `NOTIFY_SOCKET` is of the form `vsock:…`.
 * @throws {Deno.errors.NotFound} If there is no socket at the path.
 * @throws {Deno.errors.ConnectionRefused} If nothing receives there.
 * @throws {Deno.errors.NotConnected} If nothing has received there for some time.
 * @throws {Deno.errors.WouldBlock} If the queue stays full.
 * @throws {Error} If the system refuses for another reason. Every error of the
 * system has `errno`, `code` and `syscall`.
 */
export function notify(state: NotifyState): boolean {
  const lines = formatState(state);
  socket = managerSocket(socket);
  if (socket === undefined) return false;
  // Only now, because it requires FFI permission.
  if (lines.includes("RELOADING=1")) {
    lines.push(`MONOTONIC_USEC=${monotonicNow() / 1_000n}`);
  }

  const message = createMessage(lines.join("\n"));
  let failure = socket.send(message);
  for (let i = 0; isQueueFull(failure) && i < MAX_RETRIES; i++) {
    Atomics.wait(asleep, 0, 0, RETRY_DELAY);
    failure = socket.send(message);
  }
  if (failure !== undefined) throw socket.errorFor(failure);
  return true;
}

/** Returns the lines of a state, without `MONOTONIC_USEC=`. */
function formatState(state: NotifyState): string[] {
  if (typeof state !== "object" || state === null) {
    throw invalid(TypeError, "state", "an object", state);
  }
  const fields = Object.keys(formatters) as (keyof NotifyState)[];
  for (const field of Object.keys(state)) {
    if (Object.hasOwn(formatters, field)) continue;
    throw new TypeError(
      `Cannot notify systemd: there is no field ${JSON.stringify(field)}: use ${
        fields.join(", ")
      }`,
    );
  }
  const lines: string[] = [];
  for (const field of fields) {
    const value = state[field];
    if (value !== undefined) lines.push(formatters[field](value, field));
  }
  if (lines.length === 0) {
    throw new TypeError("Cannot notify systemd: the state is empty");
  }
  return lines;
}

function formatTrue(name: string): Formatter {
  return (value, field) => {
    if (value !== true) throw invalid(TypeError, field, "true", value);
    return `${name}=1`;
  };
}

function formatStatus(value: unknown, field: string): string {
  if (typeof value !== "string") {
    throw invalid(TypeError, field, "a string", value);
  }
  // To systemd, a carriage return ends a line too.
  if (/[\n\r\0]/.test(value)) {
    throw invalid(
      TypeError,
      field,
      "without newlines, carriage returns and NULs",
      value,
    );
  }
  const { length } = encoder.encode(value);
  if (length > MAX_STATUS_LENGTH) {
    const expected = `at most ${MAX_STATUS_LENGTH} bytes long in UTF-8`;
    throw invalid(RangeError, field, expected, length);
  }
  return `STATUS=${value}`;
}

function formatInteger(name: string, min: number, max: number): Formatter {
  return (value, field) => {
    const expected = `an integer from ${min} to ${max}`;
    if (typeof value !== "number") {
      throw invalid(TypeError, field, expected, value);
    }
    if (!Number.isInteger(value) || value < min || value > max) {
      throw invalid(RangeError, field, expected, value);
    }
    return `${name}=${value}`;
  };
}

function formatTimeout(name: string): Formatter {
  return (value, field) => {
    const expected = "a number of milliseconds from 0.001 to 2^53 / 1000";
    if (typeof value !== "number") {
      throw invalid(TypeError, field, expected, value);
    }
    const microseconds = Math.round(value * 1000);
    if (!Number.isSafeInteger(microseconds) || microseconds < 1) {
      throw invalid(RangeError, field, expected, value);
    }
    return `${name}=${microseconds}`;
  };
}

function formatWatchdog(value: unknown, field: string): string {
  if (value !== true && value !== "trigger") {
    throw invalid(TypeError, field, 'true or "trigger"', value);
  }
  return `WATCHDOG=${value === true ? 1 : value}`;
}

function invalid(
  Class: typeof TypeError | typeof RangeError,
  field: string,
  expected: string,
  value: unknown,
): Error {
  return new Class(
    `Cannot notify systemd: ${field} must be ${expected}: received ${
      Deno.inspect(value)
    }`,
  );
}

function isQueueFull(failure: SystemFailure | undefined): boolean {
  if (failure === undefined) return false;
  const outcome = classifySendError(failure.errno);
  return outcome.kind === "dropped" && outcome.reason === "kernel-queue-full";
}
