import {
  type Functions,
  hasBlanketGrant,
  openFunctions,
  openIfGranted,
  requestGrant,
} from "./library.ts";
import { openProcessId, processIdFunctions } from "./process/process_id.ts";
import { system } from "./system.ts";

/** The part of the C library that sending needs. */
export interface Libc extends
  Functions<
    "socket" | "connect" | "send" | "close" | "clock_gettime"
  > {
  /**
   * Calls `fcntl` with an integer argument.
   *
   * @see {@link https://man7.org/linux/man-pages/man2/fcntl.2.html fcntl(2)}
   */
  fcntl(fd: number, op: number, arg: number): number;
  /**
   * Suppresses SIGPIPE on a socket, if `send` has no `MSG_NOSIGNAL` for that.
   * Returns 0, or -1.
   *
   * @see {@link https://man7.org/linux/man-pages/man2/send.2.html send(2)}
   */
  suppressSigpipe(fd: number): number;
  /**
   * The `errno` of this thread, in a view of one element. If there is a
   * `copyErrno`, it is a copy, which that function updates.
   *
   * @see {@link https://man7.org/linux/man-pages/man3/errno.3.html errno(3)}
   */
  readonly errno: Int32Array;
  readonly copyErrno: (() => void) | undefined;
}

const { isVariadicOnStack } = system;
const hasNoSignalFlag = system.MSG_NOSIGNAL !== 0;

// A constant, so that V8 compiles its functions into their callers.
const openedAtImport: Libc | undefined = openIfGranted(open);
let openedLater: Libc | undefined;

/**
 * Returns the C library. It is opened at import if the permission is granted
 * already, otherwise by the first call, which may ask the user.
 *
 * @throws {Deno.errors.NotSupported} If the system has no Unix datagram sockets.
 * @throws {Deno.errors.NotCapable} If FFI permission is missing.
 */
export function libc(): Libc {
  return openedAtImport ?? (openedLater ??= open());
}

function open(): Libc {
  // First, because the functions to open depend on the grant.
  requestGrant();
  // All at once: each further call of openFunctions() takes longer than another
  // function does.
  const { socket, connect, send, close, clock_gettime } = openFunctions(
    "socket",
    "connect",
    "send",
    "close",
    "clock_gettime",
    "errnoLocation",
    isVariadicOnStack ? "fcntlOnStack" : "fcntl",
    ...hasNoSignalFlag ? [] : ["setsockopt"] as const,
    ...hasBlanketGrant() ? [] : ["memcpy"] as const,
    ...processIdFunctions(),
  );
  openProcessId();
  return {
    ...{ socket, connect, send, close, clock_gettime },
    fcntl: openFcntl(),
    suppressSigpipe: openSuppressSigpipe(),
    ...openErrno(),
  };
}

/** Opens `fcntl` in the way that this system passes a variadic argument. */
function openFcntl(): Libc["fcntl"] {
  if (!isVariadicOnStack) return openFunctions("fcntl").fcntl;
  const { fcntlOnStack } = openFunctions("fcntlOnStack");
  return (fd, op, arg) => fcntlOnStack(fd, op, 0, 0, 0, 0, 0, 0, BigInt(arg));
}

function openSuppressSigpipe(): Libc["suppressSigpipe"] {
  if (hasNoSignalFlag) return () => 0;
  const { SOL_SOCKET, SO_NOSIGPIPE } = system;
  const { setsockopt } = openFunctions("setsockopt");
  const on = new Int32Array([1]);
  return (fd) => setsockopt(fd, SOL_SOCKET, SO_NOSIGPIPE, on, on.byteLength);
}

/**
 * Returns the `errno` of this thread. It belongs to the last C call only if
 * nothing else was called after that.
 */
export function readErrno(): number {
  const { errno, copyErrno } = libc();
  copyErrno?.();
  return errno[0];
}

/** Opens the `errno` of this thread in the way that the grant allows. */
function openErrno(): Pick<Libc, "errno" | "copyErrno"> {
  const location = openFunctions("errnoLocation").errnoLocation()!;
  if (hasBlanketGrant()) {
    const memory = Deno.UnsafePointerView.getArrayBuffer(location, 4);
    return { errno: new Int32Array(memory), copyErrno: undefined };
  }
  // A grant for a path forbids views of foreign memory, but not calls, and
  // memcpy(3) does not change errno.
  const { memcpy } = openFunctions("memcpy");
  const errno = new Int32Array(1);
  return { errno, copyErrno: () => memcpy(errno, location, 4n) };
}
